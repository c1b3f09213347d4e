"""One order, several messages: placed once, and each change of its status told once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flott.testing import OneInputHarness, one_input_harness
from stage3_window_statistics.order_tracker import FORGET_AFTER_MS, LATE_CHANGES, STATUS_CHANGES, TrackOrder
from stage3_window_statistics.window_aggregators import millis_of
from tests.stage3.shop import moment, order


class Tracked:
    """The tracker, fed with (order_id, time, status)."""

    def __init__(self, harness: OneInputHarness) -> None:
        self.harness = harness

    def send(self, *messages: tuple[str, str, str]) -> None:
        for order_id, time, status in messages:
            value = order(order_id, time, status=status)
            self.harness.process_element(value, millis_of(value.order_time))

    def watermark(self, time: str, later: int = 0) -> None:
        self.harness.process_watermark(millis_of(moment(time)) + later)

    def placed(self) -> list[tuple[str, str]]:
        return [(order.order_id, order.status) for order in self.harness.extract_output_values()]

    def changes(self) -> list[Any]:
        return [tuple(record.value) for record in self.harness.get_side_output(STATUS_CHANGES)]

    def late(self) -> list[tuple[str, str]]:
        late = self.harness.get_side_output(LATE_CHANGES)
        return [(record.value.order_id, record.value.status) for record in late]


@pytest.fixture
def tracked() -> Iterator[Tracked]:
    with one_input_harness(TrackOrder(), key_selector=lambda order: order.order_id) as harness:
        yield Tracked(harness)


def test_an_order_is_placed_once_and_its_changes_are_told(tracked: Tracked) -> None:
    tracked.send(("a", "10:00", "pending"), ("b", "10:01", "completed"), ("a", "10:20", "completed"))
    tracked.watermark("10:30")
    assert tracked.placed() == [("a", "pending"), ("b", "completed")]
    assert tracked.changes() == [("pending", "completed")]
    (change,) = tracked.harness.get_side_output(STATUS_CHANGES)
    assert change.timestamp == millis_of(moment("10:20"))


def test_nothing_is_told_before_the_watermark(tracked: Tracked) -> None:
    tracked.send(("a", "10:00", "pending"))
    tracked.watermark("10:00", -1)
    assert tracked.placed() == []
    tracked.watermark("10:00")
    assert tracked.placed() == [("a", "pending")]


def test_messages_that_come_in_another_order_give_the_same(tracked: Tracked) -> None:
    tracked.send(("a", "10:02", "failed"), ("a", "10:01", "completed"), ("a", "10:00", "pending"))
    tracked.watermark("10:30")
    assert tracked.placed() == [("a", "pending")]
    assert tracked.changes() == [("pending", "completed"), ("completed", "failed")]


def test_of_one_moment_all_statuses_count_as_they_came(tracked: Tracked) -> None:
    tracked.send(("a", "10:00", "pending"), ("a", "10:01", "completed"), ("a", "10:01", "failed"))
    tracked.watermark("10:30")
    assert tracked.changes() == [("pending", "completed"), ("completed", "failed")]


def test_a_message_that_comes_twice_counts_once(tracked: Tracked) -> None:
    tracked.send(*[("a", "10:00", "pending")] * 2, *[("a", "10:01", "completed")] * 3)
    tracked.watermark("10:30")
    assert tracked.placed() == [("a", "pending")]
    assert tracked.changes() == [("pending", "completed")]


def test_orders_do_not_know_of_each_other(tracked: Tracked) -> None:
    tracked.send(("a", "10:00", "pending"), ("b", "10:01", "completed"))
    tracked.watermark("10:30")
    assert (len(tracked.placed()), tracked.changes()) == (2, [])


def test_what_comes_behind_the_watermark(tracked: Tracked) -> None:
    """A new order goes on, for the windows to judge; a message about a known one is too late to be sorted in."""
    tracked.send(("a", "10:10", "pending"))
    tracked.watermark("10:30")
    tracked.send(("b", "10:20", "pending"), ("a", "10:20", "completed"), ("b", "10:40", "failed"))
    assert tracked.placed() == [("a", "pending"), ("b", "pending")]
    assert tracked.late() == [("a", "completed")]
    tracked.watermark("10:40")
    assert tracked.changes() == [("pending", "failed")]


def test_an_order_is_forgotten_a_day_after_its_last_change(tracked: Tracked) -> None:
    tracked.send(("a", "10:00", "pending"), ("a", "12:00", "completed"))
    tracked.watermark("12:00", FORGET_AFTER_MS - 1)
    assert tracked.harness.states("status") == {"a": "completed"}
    tracked.watermark("12:00", FORGET_AFTER_MS)
    assert [tracked.harness.num_keyed_state_entries(name) for name in ("status", "since", "waiting")] == [0, 0, 0]
    assert tracked.harness.num_event_time_timers() == 0
