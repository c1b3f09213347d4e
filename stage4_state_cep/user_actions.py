"""What users do in the shop, as messages: ``{"user_id", "action", "order_id", "amount", "timestamp"}``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flott.common import Row
from flott.datastream import OutputTag, ProcessFunction
from stage2_data_transformation.order_validator import RefusesOrders
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
