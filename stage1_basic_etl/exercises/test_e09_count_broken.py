"""Judges exercise 1.9."""

from __future__ import annotations

from flott.testing import Harness
from stage1_basic_etl.exercises.e09_count_broken import read_orders
from utils.exercise import build, expect

MESSAGES = ['{"order_id": "O1"}', "oops", '{"order_id": "O2"}', ""]


def test_orders_go_on(flott_harness: Harness) -> None:
    orders = build(read_orders, flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    idea = (
        "json.loads raises json.JSONDecodeError (a ValueError) for a text that is no JSON: catch that, and nothing else"
    )
    expect(flott_harness.output(orders), [{"order_id": "O1"}, {"order_id": "O2"}], MESSAGES, idea)


def test_what_is_broken_is_counted(flott_harness: Harness) -> None:
    build(read_orders, flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    counted = flott_harness.counters("read orders").get("broken")
    expect(counted, 2, MESSAGES, "make the counter in open(), keep it as self.broken, and call self.broken.inc()")
