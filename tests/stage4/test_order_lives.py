"""Test messages about orders: reproducible, and what is odd about them is what the generator says."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from utils.order_lives import Oddity, OrderLives
from utils.order_models import InvalidOrder, Reason, parse_order


@pytest.fixture(scope="module")
def lives() -> OrderLives:
    return OrderLives(orders=2000, seed=3)


def read(lives: OrderLives) -> list[dict[str, Any]]:
    """The messages that are not broken, each once, by time."""
    found = {}
    for text in lives.texts:
        try:
            order = parse_order(text)
        except InvalidOrder:
            continue
        if order.amount > 0 and order.status != "LOST":
            found[text] = json.loads(text)
    return sorted(found.values(), key=lambda fields: fields["timestamp"])


def test_the_same_seed_makes_the_same_messages(lives: OrderLives) -> None:
    assert OrderLives(orders=2000, seed=3).texts == lives.texts
    assert OrderLives(orders=2000, seed=4).texts != lives.texts


def test_without_oddities_nothing_is_to_be_found() -> None:
    plain = OrderLives(orders=300, odd_share=0, bad_share=0, repeat_share=0, late_share=0)
    assert (plain.anomalies, plain.odd, plain.rejected.total(), plain.repeated, plain.late) == (set(), {}, 0, 0, 0)
    assert len(set(plain.texts)) == len(plain.texts)


def test_all_oddities_are_there_and_the_share_is_kept(lives: OrderLives) -> None:
    assert set(lives.odd) == set(Oddity)
    # two of ten oddities have some five orders each: 0.1 of (orders - some 4 * 2 / 10 for each oddity), give or take
    assert 120 < lives.odd.total() < 220
    assert set(lives.kinds()) == {
        "illegal_transition",
        "large_order",
        "frequent_orders",
        "order_run",
        "payment_timeout",
        "rising_orders",
    }


def test_broken_repeated_and_late_messages_are_counted(lives: OrderLives) -> None:
    broken: Counter[Reason] = Counter()
    seen: Counter[str] = Counter()
    for text in lives.texts:
        try:
            order = parse_order(text)
        except InvalidOrder as error:
            broken[error.reason] += 1
            continue
        if order.amount <= 0:
            broken[Reason.AMOUNT_NOT_POSITIVE] += 1
        elif order.status == "LOST":
            broken[Reason.UNKNOWN_STATUS] += 1
        else:
            seen[text] += 1
    assert broken == lives.rejected
    assert seen.total() - len(seen) == lives.repeated + lives.late


def test_a_late_message_comes_twenty_minutes_behind_its_time(lives: OrderLives) -> None:
    latest, late = datetime.min, 0
    for text in lives.texts:
        try:
            time = parse_order(text).order_time
        except InvalidOrder:
            continue
        latest = max(latest, time)
        late += latest - time > timedelta(minutes=10)
        assert latest - time < timedelta(seconds=6) or latest - time > timedelta(minutes=19)
    assert late == lives.late > 0


def test_large_orders_and_timeouts_are_those_of_the_messages(lives: OrderLives) -> None:
    """By plain arithmetic over all messages: more than 10000, and 30 minutes without a payment or a cancellation."""
    created: dict[str, dict[str, Any]] = {}
    settled: dict[str, datetime] = {}
    for fields in read(lives):
        if fields["status"] == "CREATED":
            created[fields["order_id"]] = fields
        elif fields["status"] in ("PAID", "CANCELLED"):
            settled.setdefault(fields["order_id"], datetime.fromisoformat(fields["timestamp"]))
    expected = set()
    for order_id, fields in created.items():
        placed = datetime.fromisoformat(fields["timestamp"])
        if fields["amount"] > 10_000:
            expected.add((order_id, "large_order", placed))
        if settled.get(order_id, datetime.max) > placed + timedelta(minutes=30):
            expected.add((order_id, "payment_timeout", placed + timedelta(minutes=30)))
    kinds = ("large_order", "payment_timeout")
    assert {found for found in lives.anomalies if found[1] in kinds} == expected
    assert {10_000, 10_000.01} < {fields["amount"] for fields in created.values()}, "the edge of what is large"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"orders": 0}, "orders is 0; there has to be at least one"),
        ({"odd_share": 2}, "odd_share is 2; it has to be between 0 and 1"),
        ({"late_share": -1}, "late_share is -1; it has to be between 0 and 1"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OrderLives(**arguments)
