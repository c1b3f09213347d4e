"""Large orders, too many orders, and runs of them; times and sums by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stage4_state_cep.order_anomaly_detector import UserOrders, is_new
from tests.stage4.shop import Fed, step


@pytest.fixture
def users() -> Iterator[Fed]:
    fed = Fed(UserOrders(), "user_id")
    yield fed
    fed.close()


def of(users: Fed, kind: str) -> list[tuple[str, str, str, str, str]]:
    return [row for row in users.anomalies() if row[1] == kind]


@pytest.mark.parametrize(("amount", "large"), [(9999.99, False), (10000, False), (10000.01, True), (25000, True)])
def test_large_is_more_than_ten_thousand(users: Fed, amount: float, large: bool) -> None:
    users.send(step("a", "10:00", amount=amount))
    expected = [("a", "large_order", "10:00:00", f"{amount:.2f}", "more than 10,000")]
    assert users.anomalies() == (expected if large else [])


def test_the_sixth_order_within_a_minute_and_each_one_behind_it(users: Fed) -> None:
    times = ["10:00:00", "10:00:10", "10:00:20", "10:00:30", "10:00:40", "10:00:59", "10:00:59", "10:01:00"]
    users.send(*(step(f"o{n}", time) for n, time in enumerate(times)))
    # o5 is the sixth since 10:00:00, o6 the seventh; o7 comes when the first is a minute old: seven since 10:00:10
    assert of(users, "frequent_orders") == [
        ("o5", "frequent_orders", "10:00:59", "10.00", "order 6 within a minute, since 2024-01-01 10:00:00"),
        ("o6", "frequent_orders", "10:00:59", "10.00", "order 7 within a minute, since 2024-01-01 10:00:00"),
        ("o7", "frequent_orders", "10:01:00", "10.00", "order 7 within a minute, since 2024-01-01 10:00:10"),
    ]


def test_five_within_a_minute_are_not_too_many(users: Fed) -> None:
    """The sixth is a minute behind the first: there is no minute that has both."""
    users.send(*(step(f"o{n}", f"10:00:{10 * n:02}") for n in range(5)), step("o5", "10:01:00"))
    assert of(users, "frequent_orders") == []


def test_users_do_not_know_of_each_other(users: Fed) -> None:
    users.send(*(step(f"o{n}", f"10:00:0{n}", user=f"U{n % 2}") for n in range(8)))
    users.watermark("11:00")
    assert of(users, "frequent_orders") == []
    assert {(row[0], row[4][:8]) for row in of(users, "order_run")} == {("o6", "4 orders"), ("o7", "4 orders")}


def test_a_run_is_told_when_nothing_has_come_for_ten_minutes(users: Fed) -> None:
    """100.50 + 200.75 + 0.25 = 301.50; the last one at 10:14, so it is over at 10:24."""
    users.send(step("a", "10:00", amount=100.5), step("b", "10:04", amount=200.75), step("c", "10:14", amount=0.25))
    users.watermark("10:24", -1)
    assert of(users, "order_run") == []
    users.watermark("10:24")
    detail = "3 orders from 2024-01-01 10:00:00 to 2024-01-01 10:14:00, 301.50 in all"
    assert of(users, "order_run") == [("c", "order_run", "10:24:00", "301.50", detail)]
    assert [users.harness.num_keyed_state_entries(name) for name in ("minute", "run")] == [0, 0]
    assert users.harness.num_event_time_timers() == 0


def test_two_orders_are_no_run(users: Fed) -> None:
    users.send(step("a", "10:00"), step("b", "10:05"), step("c", "10:15:01"))
    users.watermark("11:00")
    assert users.anomalies() == []


@pytest.mark.parametrize("steps", [["10:20:59", "10:30"], []])
def test_a_run_ends_whenever_the_watermark_comes(users: Fed, steps: list[str]) -> None:
    """Three orders, and after a gap of ten minutes and a second three more: two runs, also if the timer is late."""
    users.send(*(step(f"a{n}", f"10:0{5 * n}") for n in range(2)), step("a2", "10:10"))
    for time in steps[:1]:
        users.watermark(time)
    users.send(*(step(f"b{n}", time) for n, time in enumerate(("10:20:01", "10:20:02", "10:20:03"))))
    for time in steps[1:]:
        users.watermark(time)
    users.watermark("11:00")
    assert [(row[0], row[2], row[4][:8]) for row in of(users, "order_run")] == [
        ("a2", "10:20:00", "3 orders"),
        ("b2", "10:30:03", "3 orders"),
    ]
    assert users.harness.num_keyed_state_entries("run") == 0


def test_only_creations_are_orders() -> None:
    statuses = ("CREATED", "PAID", "SHIPPED", "COMPLETED", "CANCELLED")
    assert [status for status in statuses if is_new(step("a", "10:00", status))] == ["CREATED"]
