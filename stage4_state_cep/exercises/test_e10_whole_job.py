"""Judges exercise 4.10."""

from __future__ import annotations

from typing import Any

from flott.testing import Harness
from stage4_state_cep.exercises.e10_whole_job import anomalies
from utils.exercise import build, expect

MINUTE = 60_000


def event(order: str, status: str, amount: int = 1, user: str = "ada") -> dict[str, Any]:
    return {"order_id": order, "user_id": user, "status": status, "amount": amount}


def watch(harness: Harness, events: list[tuple[int, dict[str, Any]]]) -> list[Any]:
    found = build(anomalies, harness.source("events"))
    for timestamp, each in events:
        harness.feed("events", each, timestamp=timestamp)
        harness.watermark("events", timestamp)
    harness.watermark("events", 60 * MINUTE)
    return sorted(harness.output(found))


def test_one_order_with_everything(flott_harness: Harness) -> None:
    events = [(0, event("O1", "CREATED", 20_000)), (MINUTE, event("O1", "SHIPPED"))]
    expected = [("illegal", "O1"), ("large", "O1"), ("unpaid", "O1")]
    expect(
        watch(flott_harness, events), expected, events, "an order that was never paid stays unpaid, whatever it says"
    )


def test_a_good_order(flott_harness: Harness) -> None:
    events = [(n * MINUTE, event("O1", status)) for n, status in enumerate(["CREATED", "PAID", "SHIPPED", "COMPLETED"])]
    expect(watch(flott_harness, events), [], events, "nothing to say")


def test_a_cancelled_order_is_not_unpaid(flott_harness: Harness) -> None:
    events = [(0, event("O1", "CREATED")), (MINUTE, event("O1", "CANCELLED")), (2 * MINUTE, event("O1", "PAID"))]
    expect(watch(flott_harness, events), [("illegal", "O1")], events, "CANCELLED ends it; the timer is deleted")


def test_six_orders_in_a_minute(flott_harness: Harness) -> None:
    events = []
    for second in range(6):
        events += [(second * 1000, event(f"O{second}", status)) for status in ("CREATED", "PAID")]
    idea = "only CREATED counts; key_by user_id for this one, and order_id for the others"
    expect(watch(flott_harness, events), [("frequent", "O5")], events, idea)
