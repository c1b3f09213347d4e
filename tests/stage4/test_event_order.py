"""Messages in the order of their time, each once; late ones aside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flott.testing import Harness, StreamRecord
from stage4_state_cep.event_order import DUPLICATES, LATE, OnceInEventOrder, SetLateAside
from tests.stage4.shop import Fed, millis, step
from utils.order_models import Order


@pytest.fixture
def sorter() -> Iterator[Fed]:
    fed = Fed(OnceInEventOrder(), "order_id")
    yield fed
    fed.close()


def passed(sorter: Fed) -> list[tuple[str, str]]:
    return [(order.order_id, order.status) for order in sorter.harness.extract_output_values()]


def test_messages_wait_for_the_watermark_and_pass_by_time(sorter: Fed) -> None:
    sorter.send(step("a", "10:02", "SHIPPED"), step("a", "10:01", "PAID"), step("a", "10:00"))
    sorter.watermark("10:00", -1)
    assert passed(sorter) == []
    sorter.watermark("10:01")
    assert passed(sorter) == [("a", "CREATED"), ("a", "PAID")]
    sorter.watermark("10:02")
    assert passed(sorter)[2:] == [("a", "SHIPPED")]
    assert sorter.harness.num_keyed_state_entries("waiting") == 0


def test_they_keep_their_time(sorter: Fed) -> None:
    sorter.send(step("a", "10:01", "PAID"), step("a", "10:00"))
    sorter.watermark("11:00")
    records = [record for record in sorter.harness.get_output() if isinstance(record, StreamRecord)]
    assert [record.timestamp for record in records] == [millis("10:00"), millis("10:01")]


def test_of_one_moment_they_pass_as_they_came(sorter: Fed) -> None:
    sorter.send(step("a", "10:00", "PAID"), step("a", "10:00", "CREATED"))
    sorter.watermark("10:00")
    assert passed(sorter) == [("a", "PAID"), ("a", "CREATED")]


def test_a_message_that_came_twice_passes_once(sorter: Fed) -> None:
    sorter.send(*[step("a", "10:00")] * 3, step("a", "10:00", "PAID"), step("a", "10:00"))
    sorter.watermark("10:00")
    assert passed(sorter) == [("a", "CREATED"), ("a", "PAID")]
    duplicates = [record.value for record in sorter.harness.get_side_output(DUPLICATES)]
    assert duplicates == [step("a", "10:00")] * 3


def test_what_comes_behind_the_watermark_is_set_aside(flott_harness: Harness) -> None:
    messages = flott_harness.source("messages")
    in_time = messages.process(SetLateAside())

    def feed(*orders: Order) -> None:
        for order in orders:
            flott_harness.feed("messages", order, timestamp=millis(f"{order.order_time:%H:%M:%S}"))

    feed(step("a", "10:00"))
    flott_harness.watermark("messages", millis("10:10"))
    feed(step("b", "10:10"), step("c", "10:10:01"), step("d", "09:00"))
    assert [order.order_id for order in flott_harness.output(in_time)] == ["a", "c"]
    assert [order.order_id for order in flott_harness.side_output(in_time, LATE)] == ["b", "d"]
