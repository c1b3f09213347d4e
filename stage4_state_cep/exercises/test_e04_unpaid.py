"""Judges exercise 4.4."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flott.testing import OneInputHarness, one_input_harness
from stage4_state_cep.exercises.e04_unpaid import Unpaid
from utils.exercise import expect

MINUTE = 60_000


@pytest.fixture
def h() -> Iterator[OneInputHarness]:
    with one_input_harness(Unpaid(), key_selector=lambda event: event[0]) as harness:
        yield harness


def test_an_order_that_is_not_paid(h: OneInputHarness) -> None:
    h.process_element(("O1", "placed"), 5 * MINUTE)
    h.process_watermark(35 * MINUTE - 1)
    expect(
        h.extract_output_values(),
        [],
        "O1 placed at 5 min, watermark 1 ms before 35 min",
        "ctx.timestamp() + 30 minutes",
    )
    h.process_watermark(35 * MINUTE)
    idea = "on_timer yields; ctx.get_current_key() is the order"
    expect(h.extract_output_values(), [("unpaid", "O1")], "O1 placed at 5 min, watermark at 35 min", idea)


def test_an_order_that_is_paid(h: OneInputHarness) -> None:
    h.process_element(("O1", "placed"), 0)
    h.process_element(("O1", "paid"), 10 * MINUTE)
    expect(h.num_event_time_timers(), 0, "timers that are set after the payment", "delete_event_time_timer(its time)")
    h.process_watermark(60 * MINUTE)
    expect(h.extract_output_values(), [], "O1 placed at 0 and paid at 10 min", "the timer's time has to be in state")


def test_a_payment_without_an_order(h: OneInputHarness) -> None:
    h.process_element(("O1", "paid"), 0)
    h.process_watermark(60 * MINUTE)
    expect(h.extract_output_values(), [], "O1 paid, and never placed", "value() is None: there is no timer to delete")
