"""Judges exercise 3.3."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e03_largest_of_minute import largest_of_each_minute
from utils.exercise import build, expect

ORDERS = {10_000: ("O1", 500), 50_000: ("O2", 900), 59_999: ("O3", 900), 60_000: ("O4", 100)}
GIVEN = f"orders by their time in ms: {ORDERS}"


def fed(harness: Harness, watermark: int) -> list[tuple[str, int]]:
    made = build(largest_of_each_minute, harness.source("orders"))
    for timestamp, order in ORDERS.items():
        harness.feed("orders", order, timestamp=timestamp)
    harness.watermark("orders", watermark)
    return harness.output(made)


def test_the_largest_of_each(flott_harness: Harness) -> None:
    idea = "the minute is [0, 60000): its end belongs to the next one. reduce() keeps one of two orders"
    expect(fed(flott_harness, 119_999), [("O2", 900), ("O4", 100)], GIVEN, idea)


def test_a_minute_that_is_not_over_says_nothing(flott_harness: Harness) -> None:
    expect(fed(flott_harness, 59_998), [], f"{GIVEN}, watermark 59998", "TumblingEventTimeWindows.of(Time.minutes(1))")


def test_a_minute_is_over_with_its_last_millisecond(flott_harness: Harness) -> None:
    expect(fed(flott_harness, 59_999), [("O2", 900)], f"{GIVEN}, watermark 59999", "event time, not processing time")
