"""Test orders whose status changes, and late ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from utils.changing_orders import LATE_BY, ChangingOrderGenerator
from utils.untidy_orders import UntidyOrderGenerator

COUNT = 2000


def test_with_both_shares_at_zero_the_orders_are_those_of_week_two() -> None:
    changing, untidy = ChangingOrderGenerator(seed=3), UntidyOrderGenerator(seed=3)
    assert [changing.text(n) for n in range(300)] == [untidy.text(n) for n in range(300)]


def test_the_same_seed_makes_the_same_messages() -> None:
    one, other = (ChangingOrderGenerator(seed=3, update_share=0.3, late_share=0.1) for _ in range(2))
    assert [one.text(n) for n in range(100, 200)] == [other.text(n) for n in reversed(range(100, 200))][::-1]


def test_updates_settle_an_earlier_pending_order_once() -> None:
    generator = ChangingOrderGenerator(seed=3, bad_share=0.05, update_share=0.3)
    seen: dict[str, list[str]] = {}
    updates = 0
    for index in range(COUNT):
        order = generator.order(index)
        if order["order_id"] == f"O{index + 1:08d}":
            if generator.kind(index) is None:
                seen[order["order_id"]] = [order["status"]]
            continue
        updates += 1
        statuses = seen[order["order_id"]]
        assert statuses[0] == "pending" and order["status"] in ("completed", "failed")
        assert len(set(statuses[1:]) | {order["status"]}) == 1
        statuses.append(order["status"])
        # it has the time of its own place in the stream
        assert abs(datetime.fromisoformat(order["timestamp"]) - (generator.start + timedelta(seconds=2 * index))) < (
            timedelta(seconds=6)
        )
    # three in ten, give or take: 600 of 2000 with a deviation of 20
    assert 500 < updates < 700


def test_late_orders_are_as_late_as_they_say() -> None:
    generator = ChangingOrderGenerator(seed=3, bad_share=0, late_share=0.1)
    plain = ChangingOrderGenerator(seed=3, bad_share=0)
    late = []
    for index in range(COUNT):
        time, on_time = (datetime.fromisoformat(g.order(index)["timestamp"]) for g in (generator, plain))
        if time != on_time:
            late.append((on_time - time).seconds)
    assert set(late) == set(LATE_BY)
    # one in ten, give or take: 200 of 2000 with a deviation of 13
    assert 140 < len(late) < 260


@pytest.mark.parametrize("name", ["update_share", "late_share"])
def test_shares_are_between_0_and_1(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 2; it has to be between 0 and 1"):
        ChangingOrderGenerator(**{name: 2})
