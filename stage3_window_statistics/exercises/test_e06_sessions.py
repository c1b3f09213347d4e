"""Judges exercise 3.6."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e06_sessions import sessions
from utils.exercise import build, expect

MINUTE = 60_000


def visits(harness: Harness, *clicks: tuple[str, int]) -> list[tuple[str, int, int]]:
    made = build(sessions, harness.source("clicks"))
    for click in clicks:
        harness.feed("clicks", click, timestamp=click[1])
    harness.watermark("clicks", 60 * MINUTE)
    return harness.output(made)


def test_a_pause_ends_a_visit(flott_harness: Harness) -> None:
    clicks = [("ada", 0), ("ada", MINUTE), ("ada", 15 * MINUTE)]
    idea = "EventTimeSessionWindows.with_gap(Time.minutes(10)) behind key_by"
    expect(visits(flott_harness, *clicks), [("ada", 2, MINUTE), ("ada", 1, 0)], clicks, idea)


def test_a_click_between_two_visits_makes_them_one(flott_harness: Harness) -> None:
    clicks = [("ada", 0), ("ada", 15 * MINUTE), ("ada", 8 * MINUTE)]
    idea = "two are put together: by merge() of an AggregateFunction, or by reduce() of (user, count, first, last)"
    expect(visits(flott_harness, *clicks), [("ada", 3, 15 * MINUTE)], clicks, idea)


def test_clicks_that_come_out_of_order(flott_harness: Harness) -> None:
    clicks = [("ada", 5 * MINUTE), ("ada", 2 * MINUTE)]
    expect(visits(flott_harness, *clicks), [("ada", 2, 3 * MINUTE)], clicks, "min() and max() of the times")


def test_users_visit_apart(flott_harness: Harness) -> None:
    clicks = [("ada", 0), ("bob", MINUTE)]
    expect(sorted(visits(flott_harness, *clicks)), [("ada", 1, 0), ("bob", 1, 0)], clicks, "key_by the user")
