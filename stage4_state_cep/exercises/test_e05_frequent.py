"""Judges exercise 4.5."""

from __future__ import annotations

from typing import Any

from flott.testing import OneInputHarness, one_input_harness
from stage4_state_cep.exercises.e05_frequent import Alerts
from utils.exercise import expect

SECOND = 1_000


def watch(*orders: tuple[int, str, str, int]) -> list[Any]:
    """:param orders: the second, user, order and amount of each."""
    with alerts() as h:
        for second, user, order, amount in orders:
            h.process_element((user, order, amount), second * SECOND)
        return h.extract_output_values()


def alerts() -> OneInputHarness:
    return one_input_harness(Alerts(), key_selector=lambda order: order[0])


def test_large_orders() -> None:
    orders = [(0, "ada", "O1", 10_000), (1, "bob", "O2", 10_001)]
    expect(watch(*orders), [("large", "O2")], orders, "amount > 10_000")


def test_the_sixth_within_a_minute() -> None:
    orders = [(second, "ada", f"O{second}", 1) for second in range(7)]
    expect(
        watch(*orders), [("frequent", "O5"), ("frequent", "O6")], orders, "more than 5: the sixth is the first of them"
    )


def test_a_minute_is_a_minute() -> None:
    orders = [(second, "ada", f"O{second}", 1) for second in (0, 10, 20, 30, 40, 60)]
    idea = "at second 60 the order of second 0 is 60000 ms old, and does not count any more: time > now - 60000"
    expect(watch(*orders), [], orders, idea)


def test_each_user_by_himself() -> None:
    orders = [(second, f"user{second % 2}", f"O{second}", 1) for second in range(8)]
    expect(watch(*orders), [], orders, "state is kept by key")


def test_both() -> None:
    orders = [*((second, "ada", f"O{second}", 1) for second in range(5)), (5, "ada", "O5", 20_000)]
    expect(watch(*orders), [("large", "O5"), ("frequent", "O5")], orders, "two questions, two ifs")


def test_old_times_are_forgotten() -> None:
    with alerts() as h:
        for minute in range(10):
            h.process_element(("ada", f"O{minute}", 1), minute * 60 * SECOND)
        idea = "write back only the times that still count: self.times.update([...])"
        expect(h.states("times"), {"ada": [9 * 60 * SECOND]}, "ten orders a minute apart; the state 'times'", idea)
