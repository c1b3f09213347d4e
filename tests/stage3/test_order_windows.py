"""What the windows say, and when: fed by hand, order by order."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from flott.common import Row
from flott.datastream.window import EventTimeSessionWindows
from flott.testing import Harness
from stage3_window_statistics.each_minute import EachMinute
from stage3_window_statistics.order_windows import SESSION_GAP
from stage3_window_statistics.statistic import (
    HOUR,
    LAST_FIVE_MINUTES,
    MINUTE,
    PRODUCT,
    STATISTICS,
    STATUS,
    STATUS_CHANGE,
    TEN_ORDERS,
    USER,
    USER_SESSION,
)
from stage3_window_statistics.window_aggregators import KeyedWindowRow, OrderTotals, millis_of
from tests.stage3.shop import AMOUNTS, Windows, message, moment, order, ten_orders


@pytest.fixture
def windows(flott_harness: Harness) -> Windows:
    return Windows(flott_harness)


HOUR_OF_TEN = ("10:00", "11:00", 10, "1954.70")
USERS_OF_TEN = {
    # 100.50 + 300.00 + 190.25, 200.75 + 225.80, 150.25 + 275.90
    ("1", "10:00", "11:00", 3, "590.75"),
    ("2", "10:00", "11:00", 2, "426.55"),
    ("3", "10:00", "11:00", 2, "426.15"),
    ("4", "10:00", "11:00", 1, "175.50"),
    ("5", "10:00", "11:00", 1, "125.30"),
    ("6", "10:00", "11:00", 1, "210.45"),
}
STATUSES_OF_TEN = {
    # 100.50 + 150.25 + 175.50 + 125.30 + 275.90 + 210.45, 200.75 + 225.80 + 190.25
    ("completed", "10:00", "11:00", 6, "1037.90"),
    ("pending", "10:00", "11:00", 3, "616.80"),
    ("failed", "10:00", "11:00", 1, "300.00"),
}


def test_the_ten_orders_of_the_course(windows: Windows) -> None:
    windows.send(*ten_orders())
    windows.finish()
    assert windows.rows(MINUTE) == [
        (f"10:{5 * n:02}", f"10:{5 * n + 1:02}", 1, f"{amount:.2f}") for n, amount in enumerate(AMOUNTS)
    ]
    assert windows.latest(HOUR) == {HOUR_OF_TEN}
    assert windows.latest(USER) == USERS_OF_TEN
    assert windows.latest(STATUS) == STATUSES_OF_TEN
    assert windows.rows(STATUS_CHANGE) == windows.rows(PRODUCT) == windows.late() == []


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_makes_no_difference(flott_harness: Harness, seed: int) -> None:
    """As long as the watermark waits long enough, here 45 minutes: the first and the last may change places."""
    windows = Windows(flott_harness, out_of_order_ms=45 * 60_000)
    messages = ten_orders()
    random.Random(seed).shuffle(messages)
    windows.send(*messages)
    assert windows.rows(MINUTE) == []
    windows.finish()
    assert len(windows.rows(MINUTE)) == 10
    assert windows.latest(HOUR) == {HOUR_OF_TEN}
    assert windows.latest(USER) == USERS_OF_TEN
    assert windows.late() == []


@pytest.mark.parametrize("parallelism", [2, 3])
def test_subtasks_make_no_difference(parallelism: int) -> None:
    with Harness(parallelism=parallelism, seed=parallelism) as harness:
        windows = Windows(harness)
        for one in ten_orders():
            windows.send(one)
        windows.finish()
        assert windows.latest(HOUR) == {HOUR_OF_TEN}
        assert windows.latest(USER) == USERS_OF_TEN
        assert windows.latest(STATUS) == STATUSES_OF_TEN


def test_products_of_the_five_orders_of_week_two(windows: Windows) -> None:
    """By hand: 49.99 x 1, 25 x 2, 149.50 x 1, 100 x 2, 299.99 x 1."""
    windows.send(
        message("1001", "10:00", 99.99, items=[("I001", 49.99, 1), ("I002", 25, 2)]),
        message("1002", "10:00", 149.50, items=[("I003", 149.50, 1)]),
        message("1004", "10:00", 200, items=[("I005", 100, 2)]),
        message("1005", "10:00", 299.99, items=[("I006", 299.99, 1)]),
    )
    windows.finish()
    assert windows.latest(PRODUCT) == {
        ("I001", "10:00", "11:00", 1, "49.99"),
        ("I002", "10:00", "11:00", 2, "50.00"),
        ("I003", "10:00", "11:00", 1, "149.50"),
        ("I005", "10:00", "11:00", 2, "200.00"),
        ("I006", "10:00", "11:00", 1, "299.99"),
    }


def test_a_minute_ends_when_the_watermark_passes_its_end(windows: Windows) -> None:
    """The watermark is 5 s and 1 ms behind the latest order: 10:01:04 leaves it at 10:00:58.999."""
    windows.send(message("a", "10:00:00"), message("b", "10:00:59", 2.5))
    windows.send(message("c", "10:01:04"))
    assert windows.rows(MINUTE) == []
    windows.send(message("d", "10:01:05"))
    assert windows.rows(MINUTE) == [("10:00", "10:01", 2, "12.50")]


def test_out_of_order_within_five_seconds_is_not_late(windows: Windows) -> None:
    windows.send(message("a", "10:00:59"))
    windows.send(message("b", "10:01:04"))
    windows.send(message("c", "10:00:59"))
    windows.finish()
    assert windows.rows(MINUTE) == [("10:00", "10:01", 2, "20.00"), ("10:01", "10:02", 1, "10.00")]
    assert windows.late() == []


def test_a_late_order_corrects_its_minute_and_a_later_one_does_not(windows: Windows) -> None:
    """10:00 is over at 10:01:05 and takes corrections until the watermark is at 10:01:59.999, a minute later."""
    windows.send(message("a", "10:00:30"))
    windows.send(message("b", "10:01:30"))
    assert windows.rows(MINUTE) == [("10:00", "10:01", 1, "10.00")]
    windows.send(message("late", "10:00:10", 1.5))
    assert windows.rows(MINUTE)[1:] == [("10:00", "10:01", 2, "11.50")]
    windows.send(message("c", "10:02:05"))
    windows.send(message("too late", "10:00:20", 100))
    windows.finish()
    assert windows.latest(MINUTE) == {
        ("10:00", "10:01", 2, "11.50"),
        ("10:01", "10:02", 1, "10.00"),
        ("10:02", "10:03", 1, "10.00"),
    }
    assert windows.late() == ["too late"]
    # too late for its minute, and in time for its hour: 10 + 10 + 1.50 + 10 + 100
    assert windows.latest(HOUR) == {("10:00", "11:00", 5, "131.50")}


def test_without_allowed_lateness_a_minute_is_not_corrected(flott_harness: Harness) -> None:
    windows = Windows(flott_harness, allowed_lateness_ms=0)
    windows.send(message("a", "10:00:30"))
    windows.send(message("b", "10:01:05"))
    windows.send(message("late", "10:00:40"))
    windows.finish()
    assert windows.latest(MINUTE) == {("10:00", "10:01", 1, "10.00"), ("10:01", "10:02", 1, "10.00")}
    assert windows.late() == ["late"]


def test_an_hour_tells_what_it_has_each_minute(windows: Windows) -> None:
    windows.send(message("a", "10:00:30"))
    windows.send(message("b", "10:01:30"))
    assert windows.rows(HOUR) == [("10:00", "11:00", 1, "10.00")]
    windows.send(message("c", "10:10:00"))
    assert windows.rows(HOUR)[1:] == [("10:00", "11:00", 2, "20.00")]
    # eight minutes without an order have nothing to tell
    windows.send(message("d", "11:00:00"))
    windows.send(message("e", "11:00:05"))
    assert windows.rows(HOUR)[2:] == [("10:00", "11:00", 3, "30.00")]
    # late by the hour: told at once
    windows.send(message("f", "10:59:00", 0.01))
    assert windows.rows(HOUR)[3:] == [("10:00", "11:00", 4, "30.01")]
    windows.finish()
    assert windows.latest(HOUR) == {("10:00", "11:00", 4, "30.01"), ("11:00", "12:00", 2, "20.00")}


def test_each_minute_refuses_windows_that_merge() -> None:
    assert not EachMinute().can_merge()
    with pytest.raises(NotImplementedError, match="do not merge"):
        EachMinute().on_merge(None, None)  # type: ignore[arg-type]


def test_changes_of_status_by_minute(windows: Windows) -> None:
    for n in range(3):
        windows.send(message(f"p{n}", f"10:00:0{n}", status="pending"))
    windows.send(*[message(f"p{n}", f"10:05:0{n}", status="completed") for n in range(2)])
    windows.send(message("p2", "10:05:09", status="failed"), message("p2", "10:06:00", status="failed"))
    windows.finish()
    assert windows.latest(STATUS_CHANGE) == {
        ("pending", "completed", "10:05", "10:06", 2),
        ("pending", "failed", "10:05", "10:06", 1),
    }
    # an order that changes is no second order
    assert windows.rows(MINUTE) == [("10:00", "10:01", 3, "30.00")]
    assert windows.latest(STATUS) == {("pending", "10:00", "11:00", 3, "30.00")}


def test_changes_that_come_too_late_are_told_apart(windows: Windows) -> None:
    windows.send(message("a", "10:00", status="pending"))
    windows.send(message("b", "10:30"))
    windows.send(message("a", "10:10", status="completed"))
    windows.finish()
    assert windows.rows(STATUS_CHANGE) == []
    assert windows.late_changes() == [("a", "completed")]
    assert windows.late() == []


def test_the_last_five_minutes_slide_by_one(windows: Windows) -> None:
    """An order is in five windows; those of 10:00 and 10:03 share the windows that begin at 9:59 and 10:00."""
    windows.send(message("a", "10:00"), message("b", "10:03", 1))
    windows.finish()
    assert windows.rows(LAST_FIVE_MINUTES) == [
        ("09:56", "10:01", 1, "10.00"),
        ("09:57", "10:02", 1, "10.00"),
        ("09:58", "10:03", 1, "10.00"),
        ("09:59", "10:04", 2, "11.00"),
        ("10:00", "10:05", 2, "11.00"),
        ("10:01", "10:06", 1, "1.00"),
        ("10:02", "10:07", 1, "1.00"),
        ("10:03", "10:08", 1, "1.00"),
    ]


def test_a_session_lasts_as_long_as_a_user_keeps_ordering(windows: Windows) -> None:
    """A gap of ten minutes and a second parts two sessions; ten minutes do not."""
    windows.send(
        message("a", "10:00"),
        message("b", "10:10:00"),
        message("c", "10:20:01"),
        message("d", "10:25", user="U2"),
    )
    windows.finish()
    assert windows.latest(USER_SESSION) == {
        ("U1", "10:00", "10:20", 2, "20.00"),
        ("U1", "10:20:01", "10:30:01", 1, "10.00"),
        ("U2", "10:25", "10:35", 1, "10.00"),
    }


def test_an_order_in_between_makes_two_sessions_one(windows: Windows) -> None:
    """10:00 and 10:12 are apart; 10:06 comes late, before the watermark has ended the session of 10:00 at 10:10."""
    windows.send(message("a", "10:00", 1), message("b", "10:09:59", 2, user="U2"), message("c", "10:06", 4))
    windows.send(message("d", "10:14", 8), message("e", "10:30", user="U2"))
    assert windows.rows(USER_SESSION) == [
        ("U2", "10:09:59", "10:19:59", 1, "2.00"),
        ("U1", "10:00", "10:24", 3, "13.00"),
    ]


def test_two_sessions_that_merge_sum_what_both_had(flott_harness: Harness) -> None:
    """10:00 and 10:18 are two sessions until 10:09 joins them: their accumulators are merged, 1 + 2 + 4."""
    orders = flott_harness.source("orders").key_by(lambda order: order.user_id)
    sessions = orders.window(EventTimeSessionWindows.with_gap(SESSION_GAP)).aggregate(OrderTotals(), KeyedWindowRow())
    for time, amount in (("10:00", 1), ("10:18", 2), ("10:09", 4)):
        value = order(time, time, amount)
        flott_harness.feed("orders", value, timestamp=millis_of(value.order_time))
    flott_harness.finish()
    assert flott_harness.output(sessions) == [Row("U1", moment("10:00"), moment("10:28"), 3, Decimal("7.00"))]


def test_every_tenth_order_of_a_user(windows: Windows) -> None:
    """Counted, not timed: 25 orders are two windows of ten, and five that wait; another user's do not count."""
    for n in range(25):
        windows.send(message(f"a{n}", f"10:{n:02}", n), message(f"b{n}", f"10:{n:02}", user=f"V{n}"))
    windows.finish()
    # 0 + 1 + … + 9 = 45, 10 + 11 + … + 19 = 145
    assert windows.rows(TEN_ORDERS) == [("U1", 10, "45.00"), ("U1", 10, "145.00")]


def test_every_statistic_has_its_stream(windows: Windows) -> None:
    assert tuple(windows.windows.rows) == STATISTICS
