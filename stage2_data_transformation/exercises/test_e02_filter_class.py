"""Judges exercise 2.2."""

from __future__ import annotations

from flott.testing import one_input_harness
from stage2_data_transformation.exercises.e02_filter_class import AmountBetween
from utils.exercise import expect

ORDERS = [{"amount": 9.99}, {"amount": 10}, {"amount": 100}, {"amount": 100.01}, {}, {"amount": None}]


def test_orders_in_the_range() -> None:
    with one_input_harness(AmountBetween(10, 100)) as h:
        for order in ORDERS:
            h.process_element(order)
        idea = "least <= amount <= most, where there is an amount; None can't be compared"
        expect(h.extract_output_values(), [{"amount": 10}, {"amount": 100}], ORDERS, idea)


def test_two_filters_do_not_disturb_each_other() -> None:
    small, large = AmountBetween(0, 10), AmountBetween(1000, 2000)
    got = [bool(each.filter({"amount": 5})) for each in (small, large)]
    expect(
        got,
        [True, False],
        "an amount of 5, from 0 to 10 and from 1000 to 2000",
        "keep the limits in self, not in the class",
    )
