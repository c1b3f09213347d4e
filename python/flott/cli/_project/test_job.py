"""Tests of job.py: orders fed by hand, no broker, no waiting. Run them with ``pytest``."""

from __future__ import annotations

import json

from job import spent

from flott.testing import Harness


def order(user: str, cents: int, time: str) -> str:
    return json.dumps({"user": user, "cents": cents, "time": f"2024-01-01 {time}"})


def test_a_minute_is_told_when_it_is_over(flott_harness: Harness) -> None:
    results = spent(flott_harness.source("orders"))
    flott_harness.feed("orders", order("ada", 500, "10:00:10"), order("ada", 250, "10:00:59"))
    flott_harness.feed("orders", order("ada", 100, "10:01:04"))
    assert flott_harness.output(results) == [], "orders may be 5 seconds out of order"
    flott_harness.feed("orders", order("ada", 100, "10:01:05"))
    assert flott_harness.output(results) == [("10:00", "ada", 750)]


def test_users_are_counted_apart(flott_harness: Harness) -> None:
    results = spent(flott_harness.source("orders"))
    flott_harness.feed("orders", order("ada", 500, "10:00:10"), order("bob", 1, "10:00:11"))
    flott_harness.finish()
    assert sorted(flott_harness.output(results)) == [("10:00", "ada", 500), ("10:00", "bob", 1)]
