"""Judges exercise 3.1."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e01_event_time import with_event_time
from utils.exercise import build, expect

FIRST, EARLIER, LATER = {"id": 1, "time": 100}, {"id": 2, "time": 97}, {"id": 3, "time": 110}


def test_the_time_of_an_order_is_its_own(flott_harness: Harness) -> None:
    orders = build(with_event_time, flott_harness.source("orders"))
    flott_harness.feed("orders", FIRST, EARLIER)
    got = [record.timestamp for record in flott_harness.records(orders)]
    expect(got, [100_000, 97_000], [FIRST, EARLIER], "100 seconds are 100000 milliseconds")


def test_the_watermark_is_five_seconds_behind_the_latest(flott_harness: Harness) -> None:
    orders = build(with_event_time, flott_harness.source("orders"))
    seen = []
    for order in (FIRST, EARLIER, LATER):
        flott_harness.feed("orders", order)
        seen.append(flott_harness.current_watermark(orders))
    idea = (
        "the latest time - 5 s - 1 ms: 'nothing at or before this is coming any more'. "
        "An order that is out of order does not take the watermark back"
    )
    expect(seen, [94_999, 94_999, 104_999], [FIRST, EARLIER, LATER], idea)
