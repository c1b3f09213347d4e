"""Judges exercise 3.10."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e10_which_clock import by_event_time, by_processing_time
from utils.exercise import build, expect

GIVEN = "orders placed at 10 s, 70 s and 80 s, all seen in the job's first minute"


def feed(harness: Harness) -> None:
    for second in (10, 70, 80):
        harness.feed("orders", "order", timestamp=second * 1000)


def test_by_when_they_were_placed(flott_harness: Harness) -> None:
    counts = build(by_event_time, flott_harness.source("orders"))
    feed(flott_harness)
    flott_harness.advance(3_600_000)
    expect(flott_harness.output(counts), [], f"{GIVEN}; the clock runs for an hour", "the clock moves no watermark")
    flott_harness.watermark("orders", 119_999)
    expect(flott_harness.output(counts), [1, 2], f"{GIVEN}; the watermark comes", "TumblingEventTimeWindows")


def test_by_when_they_were_seen(flott_harness: Harness) -> None:
    counts = build(by_processing_time, flott_harness.source("orders"))
    feed(flott_harness)
    flott_harness.watermark("orders", 3_600_000)
    expect(flott_harness.output(counts), [], f"{GIVEN}; the watermark comes", "processing time knows no watermark")
    flott_harness.advance(60_000)
    expect(
        flott_harness.output(counts), [3], f"{GIVEN}; the clock shows a minute later", "TumblingProcessingTimeWindows"
    )
