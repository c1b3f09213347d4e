"""What users do in the shop, as messages: ``{"user_id", "action", "order_id", "amount", "timestamp"}``.

They have a topic of their own, which is read by jobs with a detector that asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from flott.common import Duration, Row, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, OutputTag, ProcessFunction
from stage2_data_transformation.dead_letters import REJECTED
from stage2_data_transformation.order_validator import RefusesOrders
from stage3_window_statistics.order_windows import OUT_OF_ORDER_MS
from stage3_window_statistics.window_aggregators import millis_of
from utils.order_models import InvalidOrder, Reason, parse_order

ACTIONS = frozenset({"view", "order", "pay", "pay_failed"})


@dataclass(frozen=True)
class UserAction:
    """One thing a user did. A view is of something that has no order yet: its ``order_id`` names what was looked at."""

    user_id: str
    action: str
    order_id: str
    amount: Decimal
    time: datetime


def parse_action(text: str) -> UserAction:
    """The action of a message.

    :raises InvalidOrder: saying what is wrong with it
    """
    fields = _fields(text)
    # the other fields are those of an order, which has a status as well
    order = parse_order(text if fields is None else json.dumps({**fields, "status": "CREATED"}))
    action = None if fields is None else fields.get("action")
    if action not in ACTIONS:
        raise InvalidOrder(Reason.UNKNOWN_STATUS, f"action is {str(action)[:60]!r}")
    return UserAction(order.user_id, action, order.order_id, order.amount, order.order_time)


def _fields(text: str) -> dict[str, Any] | None:
    """The fields of a JSON object; None for what is none, which ``parse_order`` has words for."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


class ReadAction(RefusesOrders):
    """A message becomes an action, or a dead letter that says why it did not."""

    operator = "read actions"

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[UserAction | tuple[OutputTag, Row]]:
        try:
            yield parse_action(value)
        except InvalidOrder as error:
            yield self.refuse(value, [error], ctx)


class ActionTime(TimestampAssigner):
    def extract_timestamp(self, value: UserAction, record_timestamp: int) -> int:
        return millis_of(value.time)


class Actions:
    """What users do, for detectors; nothing of it is in a job whose detectors do not ask.

    :param texts: gives the messages as strings.
    :param out_of_order_ms: how far out of order they come.
    :param idle_ms: time goes on without a subtask that has had nothing for so long; None waits for it for ever.
    """

    def __init__(
        self, texts: Callable[[], DataStream], out_of_order_ms: int = OUT_OF_ORDER_MS, idle_ms: int | None = None
    ) -> None:
        self._texts = texts
        times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(out_of_order_ms))
        times = times.with_timestamp_assigner(ActionTime())
        self._times = times if idle_ms is None else times.with_idleness(Duration.of_millis(idle_ms))

    @cached_property
    def _read(self) -> DataStream:
        return self._texts().process(ReadAction()).name(ReadAction.operator).uid(ReadAction.operator)

    @cached_property
    def timed(self) -> DataStream:
        """Those that are in order, with event time."""
        return self._read.assign_timestamps_and_watermarks(self._times).name("time of actions").uid("time of actions")

    @property
    def rejected(self) -> DataStream:
        """Dead letters of the others."""
        return self._read.get_side_output(REJECTED)
