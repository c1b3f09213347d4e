"""Judges exercise 3.11."""

from __future__ import annotations

from flott.common import Time
from flott.datastream.window import TumblingEventTimeWindows
from flott.testing import Harness
from stage3_window_statistics.exercises.e11_early_results import EveryHundredth
from utils.exercise import expect

HOUR = 3_600_000


def test_large_orders_are_told_at_once(flott_harness: Harness) -> None:
    window = flott_harness.source("orders").window_all(TumblingEventTimeWindows.of(Time.hours(1)))
    sums = window.trigger(EveryHundredth()).reduce(lambda a, b: a + b)
    flott_harness.feed("orders", 5, timestamp=1_000)
    expect(flott_harness.output(sums), [], "5", "CONTINUE for a small one")
    flott_harness.feed("orders", 100, timestamp=2_000)
    expect(flott_harness.output(sums), [105], "5, 100", "FIRE for a large one")
    flott_harness.feed("orders", 7, timestamp=3_000)
    flott_harness.watermark("orders", HOUR - 1)
    idea = "on_element sets a timer at window.max_timestamp(), on_event_time fires. FIRE keeps what the window has"
    expect(flott_harness.output(sums), [105, 112], "5, 100, 7, and the hour ends", idea)
