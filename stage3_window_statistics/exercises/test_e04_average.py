"""Judges exercise 3.4."""

from __future__ import annotations

from typing import Any

from flott.common import Time
from flott.datastream.window import TumblingEventTimeWindows
from flott.testing import Harness
from stage3_window_statistics.exercises.e04_average import Average
from utils.exercise import expect


def accumulated(average: Average, *cents: int) -> Any:
    accumulator = average.create_accumulator()
    for each in cents:
        accumulator = average.add(each, accumulator)
    return accumulator


def test_an_average() -> None:
    average = Average()
    expect(
        average.get_result(accumulated(average, 100, 200, 600)), 300, [100, 200, 600], "how many, and how much in all"
    )
    expect(average.get_result(accumulated(average, 1, 2)), 1, [1, 2], "rounded down: // divides whole numbers")


def test_two_that_are_merged() -> None:
    average = Average()
    both = average.merge(accumulated(average, 100), accumulated(average, 200, 600))
    idea = "the average of 100 and 400 (which is that of 200 and 600) is not the average of all three"
    expect(average.get_result(both), 300, "[100] merged with [200, 600]", idea)


def test_in_a_window(flott_harness: Harness) -> None:
    window = flott_harness.source("amounts").window_all(TumblingEventTimeWindows.of(Time.minutes(1)))
    averages = window.aggregate(Average())
    flott_harness.feed("amounts", 100, 300, timestamp=1_000)
    flott_harness.feed("amounts", 50, timestamp=61_000)
    flott_harness.watermark("amounts", 119_999)
    idea = "two windows have an accumulator each: don't keep anything in self"
    expect(flott_harness.output(averages), [200, 50], "100 and 300 in the first minute, 50 in the second", idea)
