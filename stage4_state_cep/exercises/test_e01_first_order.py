"""Judges exercise 4.1."""

from __future__ import annotations

from flott.testing import one_input_harness
from stage4_state_cep.exercises.e01_first_order import FirstOrder
from utils.exercise import expect

ORDERS = [("ada", "O1"), ("bob", "O2"), ("ada", "O3"), ("bob", "O4")]


def test_the_first_order_of_each_user() -> None:
    with one_input_harness(FirstOrder(), key_selector=lambda order: order[0]) as h:
        for order in ORDERS:
            h.process_element(order)
        idea = "if self.seen.value() is None: yield the order and update the state"
        expect(h.extract_output_values(), ORDERS[:2], ORDERS, idea)


def test_it_is_the_state_that_remembers() -> None:
    with one_input_harness(FirstOrder(), key_selector=lambda order: order[0]) as h:
        for order in ORDERS:
            h.process_element(order)
        idea = 'get_state(ValueStateDescriptor("seen", Types.BOOLEAN())): what is in state is in checkpoints'
        expect(sorted(h.states("seen")), ["ada", "bob"], "the users that have something in the state 'seen'", idea)
