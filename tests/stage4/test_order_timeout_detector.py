"""Orders that wait for their payment: 30 minutes, not a millisecond more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stage4_state_cep.order_timeout_detector import PaymentTimeout
from tests.stage4.shop import Fed, step


@pytest.fixture
def timeouts() -> Iterator[Fed]:
    fed = Fed(PaymentTimeout(), "order_id")
    yield fed
    fed.close()


DETAIL = "placed at 2024-01-01 10:00:00, not paid within 30 minutes"


def test_an_order_that_is_never_paid(timeouts: Fed) -> None:
    timeouts.send(step("a", "10:00", amount=99.99))
    timeouts.watermark("10:30", -1)
    assert timeouts.anomalies() == []
    timeouts.watermark("10:30")
    assert timeouts.anomalies() == [("a", "payment_timeout", "10:30:00", "99.99", DETAIL)]


@pytest.mark.parametrize("status", ["PAID", "CANCELLED"])
def test_an_order_that_is_paid_or_cancelled_in_time(timeouts: Fed, status: str) -> None:
    timeouts.send(step("a", "10:00"), step("a", "10:29:59", status))
    assert timeouts.harness.num_event_time_timers() == 0, "the timer was taken back"
    assert [timeouts.harness.num_keyed_state_entries(name) for name in ("unpaid", "deadline")] == [0, 0]
    timeouts.watermark("11:00")
    assert timeouts.anomalies() == []


@pytest.mark.parametrize(("paid", "late"), [("10:30:00", False), ("10:30:01", True)])
@pytest.mark.parametrize("timer_first", [False, True])
def test_the_last_moment(timeouts: Fed, paid: str, late: bool, timer_first: bool) -> None:
    """Whether the watermark comes in small steps or in a large one, behind the payment, must make no difference."""
    timeouts.send(step("a", "10:00"))
    if timer_first:
        # as far as it can be when a payment of that moment comes
        timeouts.watermark(paid, -1)
    timeouts.send(step("a", paid, "PAID"))
    timeouts.watermark("11:00")
    assert timeouts.anomalies() == ([("a", "payment_timeout", "10:30:00", "10.00", DETAIL)] if late else [])
    assert timeouts.harness.num_keyed_state_entries("unpaid") == 0


def test_other_steps_are_no_payment(timeouts: Fed) -> None:
    timeouts.send(step("a", "10:00"), step("a", "10:10", "SHIPPED"), step("b", "10:10", "PAID"))
    timeouts.watermark("10:30")
    assert [row[0] for row in timeouts.anomalies()] == ["a"]


def test_a_second_creation_does_not_begin_the_time_anew(timeouts: Fed) -> None:
    timeouts.send(step("a", "10:00"), step("a", "10:20"))
    timeouts.watermark("10:30")
    assert timeouts.anomalies() == [("a", "payment_timeout", "10:30:00", "10.00", DETAIL)]
    timeouts.watermark("11:00")
    assert len(timeouts.anomalies()) == 1
