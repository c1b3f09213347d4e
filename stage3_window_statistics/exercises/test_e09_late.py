"""Judges exercise 3.9."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e09_late import counted_minutes
from utils.exercise import expect

GIVEN = "'a' at 10 s, 'b' at 20 s with the watermark at 60 s, 'c' at 30 s with the watermark at 90 s"


def run(harness: Harness) -> tuple[list[int], list[str]]:
    counts, late = counted_minutes(harness.source("orders"))
    harness.feed("orders", "a", timestamp=10_000)
    harness.watermark("orders", 60_000)
    harness.feed("orders", "b", timestamp=20_000)
    harness.watermark("orders", 90_000)
    harness.feed("orders", "c", timestamp=30_000)
    return harness.output(counts), harness.output(late)


def test_a_minute_is_corrected(flott_harness: Harness) -> None:
    counts, _ = run(flott_harness)
    idea = "allowed_lateness(30_000): the window fires again for each order that is late, but not too late"
    expect(counts, [1, 2], GIVEN, idea)


def test_too_late(flott_harness: Harness) -> None:
    _, late = run(flott_harness)
    expect(late, ["c"], GIVEN, "side_output_late_data(LATE), and counts.get_side_output(LATE)")
