"""Judges exercise 4.2."""

from __future__ import annotations

from flott.testing import one_input_harness
from stage4_state_cep.exercises.e02_last_three import LastThree
from utils.exercise import expect

ORDERS = [("ada", 1), ("ada", 2), ("bob", 50), ("ada", 4), ("ada", 8)]


def test_sums_of_three() -> None:
    with one_input_harness(LastThree(), key_selector=lambda order: order[0]) as h:
        for order in ORDERS:
            h.process_element(order)
        expected = [("ada", 1), ("ada", 3), ("bob", 50), ("ada", 7), ("ada", 14)]
        expect(h.extract_output_values(), expected, ORDERS, "[*self.last.get(), cents][-3:]")


def test_no_more_than_three_are_kept() -> None:
    with one_input_harness(LastThree(), key_selector=lambda order: order[0]) as h:
        for order in ORDERS:
            h.process_element(order)
        expect(
            h.states("last"), {"ada": [2, 4, 8], "bob": [50]}, "what is in the state 'last'", "self.last.update([...])"
        )
