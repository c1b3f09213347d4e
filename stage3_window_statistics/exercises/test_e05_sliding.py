"""Judges exercise 3.5."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e05_sliding import orders_of_last_five_minutes
from utils.exercise import build, expect


def test_each_order_is_in_five_windows(flott_harness: Harness) -> None:
    made = build(orders_of_last_five_minutes, flott_harness.source("orders"))
    flott_harness.feed("orders", "ada", timestamp=30_000)
    flott_harness.feed("orders", "ada", timestamp=90_000)
    flott_harness.watermark("orders", 3_600_000)
    idea = (
        "SlidingEventTimeWindows.of(Time.minutes(5), Time.minutes(1)). The windows with an order end at minute "
        "1, 2, 3, 4, 5, 6; the first has one of the two, the last one too"
    )
    expected = [("ada", 1), ("ada", 2), ("ada", 2), ("ada", 2), ("ada", 2), ("ada", 1)]
    expect(flott_harness.output(made), expected, "ada at 30 s and at 90 s", idea)


def test_users_are_counted_apart(flott_harness: Harness) -> None:
    made = build(orders_of_last_five_minutes, flott_harness.source("orders"))
    flott_harness.feed("orders", "ada", "bob", "ada", timestamp=240_000)
    flott_harness.watermark("orders", 299_999)
    expect(sorted(flott_harness.output(made)), [("ada", 2), ("bob", 1)], "ada, bob, ada at 240 s", "key_by the user")
