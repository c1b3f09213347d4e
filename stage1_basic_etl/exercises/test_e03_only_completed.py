"""Judges exercise 1.3."""

from __future__ import annotations

from flott.testing import Harness
from stage1_basic_etl.exercises.e03_only_completed import completed_above
from utils.exercise import build, expect

ORDERS = [
    {"status": "completed", "amount": 12.5},
    {"status": "failed", "amount": 99},
    {"status": "completed", "amount": 9.99},
    {"status": "completed", "amount": 10},
]


def test_completed_orders_of_a_size(flott_harness: Harness) -> None:
    kept = build(completed_above, flott_harness.source("orders"), 10)
    flott_harness.feed("orders", *ORDERS)
    expect(flott_harness.output(kept), [ORDERS[0], ORDERS[3]], ORDERS, "'at least 10' lets 10 itself through")
