"""Patterns of orders and of what users do; what is found twice this week is found alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flott.datastream import DataStream
from flott.testing import Harness
from stage3_window_statistics.window_aggregators import millis_of
from stage4_state_cep.anomaly import ANOMALY_FIELDS
from stage4_state_cep.detection import Messages
from stage4_state_cep.order_anomaly_detector import find_anomalies
from stage4_state_cep.order_cep_processor import find_in_actions, find_patterns, find_what_only_patterns_find
from stage4_state_cep.order_timeout_detector import find_timeouts
from stage4_state_cep.patterns import frequent_orders, paid_after_failures, purchase, rising_orders, unpaid_order
from stage4_state_cep.user_actions import Actions, parse_action
from tests.stage4.shop import at, short, step
from utils.order_models import InvalidOrder, Order

Row = tuple[str, str, str, str, str]


def rows(harness: Harness, stream: DataStream) -> list[Row]:
    return [short(dict(zip(ANOMALY_FIELDS, row, strict=True))) for row in harness.output(stream)]


@pytest.fixture
def found(flott_harness: Harness) -> Iterator[Callable[..., list[Row]]]:
    """What a detector finds in these steps of orders."""

    def find(*steps: Order, detectors: Any = (find_patterns,)) -> list[Row]:
        h = flott_harness
        messages = Messages(h.source("messages"), Actions(lambda: h.source("actions")))
        anomalies = [detector(messages).anomalies for detector in detectors]
        for order in steps:
            h.feed("messages", order, timestamp=millis_of(order.order_time))
        h.finish("messages")
        h.finish("actions")
        return sorted(row for each in anomalies for row in rows(h, each))

    yield find


def of_kind(kind: str, found: list[Row]) -> list[Row]:
    return [row for row in found if row[1] == kind]


def test_three_orders_that_rise(found: Callable[..., list[Row]]) -> None:
    amounts = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0, "e": 35.0, "f": 36.0, "g": 37.0}
    steps = [step(name, f"10:{minute:02}", amount=amount) for minute, (name, amount) in enumerate(amounts.items())]
    # a b c rise; d e does not; e f g rise
    assert of_kind("rising_orders", found(*steps)) == [
        ("c", "rising_orders", "10:02:00", "30.00", "10.00 < 20.00 < 30.00"),
        ("g", "rising_orders", "10:06:00", "37.00", "35.00 < 36.00 < 37.00"),
    ]


def test_three_orders_that_rise_in_more_than_an_hour_or_of_two_users(found: Callable[..., list[Row]]) -> None:
    slow = [step("a", "10:00", amount=1), step("b", "10:30", amount=2), step("c", "11:00", amount=3)]
    other = [step("d", "10:01", amount=1, user="U2"), step("e", "10:02", amount=2, user="U3")]
    assert of_kind("rising_orders", found(*slow, *other)) == []


def burst() -> list[Order]:
    """Seven orders within a minute, and one when the third is a minute ago."""
    return [step(name, f"10:00:{second:02}") for name, second in zip("abcdefg", range(0, 56, 8), strict=True)] + [
        step("h", "10:01:16")
    ]


def test_frequent_orders_are_those_that_the_list_of_times_finds(found: Callable[..., list[Row]]) -> None:
    both = of_kind("frequent_orders", found(*burst(), detectors=(find_patterns, find_anomalies)))
    assert [row[0] for row in both] == ["f", "f", "g", "g"]
    # the detail is put in other words
    assert [row[:4] for row in both[::2]] == [row[:4] for row in both[1::2]]


def test_payments_that_do_not_come_are_those_that_timers_find(found: Callable[..., list[Row]]) -> None:
    steps = [
        *(step("never", "10:00"), step("late", "10:00", amount=5), step("late", "10:30:01", "PAID", 5)),
        *(step("in time", "10:00"), step("in time", "10:30", "PAID"), step("gone", "10:05")),
        *(step("gone", "10:06", "CANCELLED"), step("shipped", "10:07"), step("shipped", "10:08", "SHIPPED")),
    ]
    both = of_kind("payment_timeout", found(*steps, detectors=(find_patterns, find_timeouts)))
    assert [row[0] for row in both[::2]] == ["late", "never", "shipped"]
    assert both[::2] == both[1::2]


def action(time: str, what: str, order: str = "a", user: str = "U1") -> str:
    """A message as it comes from Kafka."""
    fields = {"user_id": user, "action": what, "order_id": order, "amount": 9.5, "timestamp": at(time)}
    return json.dumps(fields)


@pytest.fixture
def done(flott_harness: Harness) -> Callable[..., tuple[list[Row], dict[str, list[Any]]]]:
    """What is odd about these actions, and the logs of them."""

    def find(*actions: str) -> tuple[list[Row], dict[str, list[Any]]]:
        found = find_in_actions(Actions(lambda: flott_harness.source("actions")))
        for each in actions:
            flott_harness.feed("actions", each)
        flott_harness.finish("actions")
        logs = {name: list(map(json.loads, flott_harness.output(lines))) for name, lines in found.logs.items()}
        return sorted(rows(flott_harness, found.anomalies)), logs

    return find


Done = Callable[..., tuple[list[Row], dict[str, list[Any]]]]


def test_a_payment_behind_three_that_failed(done: Done) -> None:
    failing = [action(f"10:0{minute}", "pay_failed") for minute in range(4)]
    odd, _ = done(*failing, action("10:05", "pay"), action("10:06", "pay_failed", "b"), action("10:07", "pay", "b"))
    detail = "paid after 4 payments that failed, since 2024-01-01 10:00:00"
    assert odd == [("a", "paid_after_failures", "10:05:00", "9.50", detail)]


def test_a_look_an_order_and_no_payment(done: Done) -> None:
    odd, logs = done(
        *(action("10:00", "view", "lamp"), action("10:01", "order", "a"), action("10:02", "pay", "another")),
        action("10:05", "view", "chair", "U2"),
    )
    detail = "looked at 2024-01-01 10:00:00, ordered at 2024-01-01 10:01:00, not paid within 30 minutes"
    assert odd == [("a", "ordered_not_paid", "10:30:00", "9.50", detail)]
    assert logs["purchases"] == []


def test_a_purchase_counts_from_the_first_look(done: Done) -> None:
    odd, logs = done(
        *(action("10:00", "view", "lamp"), action("10:01", "view", "lamp"), action("10:02", "order")),
        action("10:03", "pay"),
    )
    line = {"order_id": "a", "user_id": "U1", "amount": "9.50", "time": "2024-01-01 10:03:00"}
    assert logs["purchases"] == [{**line, "detail": "paid 180 s after the first look"}]
    assert odd == []


def test_what_is_no_action_is_refused(done: Done) -> None:
    with pytest.raises(InvalidOrder, match="action is 'dance'"):
        parse_action(action("10:00", "dance"))
    odd, logs = done(action("10:00", "dance"), "{", action("10:00", "view"))
    assert [line["reason"] for line in logs["rejected-actions"]] == ["unknown_status", "malformed_json"]
    assert odd == []


def test_the_job_with_all_detectors_tells_nothing_twice(found: Callable[..., list[Row]]) -> None:
    """What others find as well is not among the patterns it takes."""
    steps = [*burst(), step("never", "11:00", user="U2")]
    rising = [step(name, f"12:{at:02}", amount=at, user="U3") for at, name in enumerate("xyz", 1)]
    others = found(*steps, *rising, detectors=(find_what_only_patterns_find,))
    assert [row[:2] for row in others] == [("z", "rising_orders")]


@pytest.mark.parametrize("make", [rising_orders, frequent_orders, unpaid_order, paid_after_failures, purchase])
def test_each_pattern_can_be_drawn(make: Any) -> None:
    assert "complete" in make().explain()
    assert make()._repr_svg_().startswith("<svg ")
