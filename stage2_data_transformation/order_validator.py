"""Validation: which messages are orders, and which orders may go into the tables.

The rules themselves are plain functions of :mod:`utils.order_models`, the same as in week 1. Here they become two
operators, because cleaning stands between them: is the message JSON at all, and, once cleaned, is it a good order?

A good order has an ``order_id``, a ``user_id`` and a ``timestamp``; an amount above zero; a known status; for each item
a quantity of at least one and a price of at least zero; and an amount less than a cent away from what its items cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flott.common import Row
from flott.datastream import OutputTag, ProcessFunction, RuntimeContext
from stage2_data_transformation.dead_letters import REJECTED, dead_letter
from stage2_data_transformation.order_cleaner import RawOrder
from utils.order_models import InvalidOrder, Order, Reason, order_from_fields, read_fields, violations

READ, VALIDATE = "read orders", "validate orders"
"""The operators, by the names they have in dead letters, counters and plans."""


def check_order(fields: dict[str, Any]) -> tuple[Order | None, list[InvalidOrder]]:
    """The order that the cleaned fields are, or None and everything that is wrong with it.

    >>> order, errors = check_order({"order_id": "1", "user_id": "U1", "amount": 0, "status": "lost",
    ...                              "timestamp": "2024-01-01 10:00:00"})
    >>> [error.detail for error in errors]
    ['amount is 0', "status is 'lost'"]
    """
    try:
        order = order_from_fields(fields)
    except InvalidOrder as error:
        # Where the types are wrong, the rules have nothing to work with.
        return None, [error]
    errors = list(violations(order))
    return (None if errors else order), errors


class RefusesOrders(ProcessFunction):
    """What the two operators below have in common: a counter for each reason, and the side output."""

    operator: str

    def open(self, runtime_context: RuntimeContext) -> None:
        metrics = runtime_context.get_metrics_group()
        self._rejected = {reason: metrics.counter(f"rejected.{reason.value}") for reason in Reason}

    def refuse(self, raw: str, errors: Sequence[InvalidOrder], ctx: ProcessFunction.Context) -> tuple[OutputTag, Row]:
        """What to yield for a message that is of no use."""
        self._rejected[errors[0].reason].inc()
        return REJECTED, dead_letter(self.operator, raw, errors, ctx)


class ReadOrder(RefusesOrders):
    """A message becomes a raw order if it is a JSON object."""

    operator = READ

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[RawOrder | tuple[OutputTag, Row]]:
        try:
            fields = read_fields(value)
        except InvalidOrder as error:
            yield self.refuse(value, [error], ctx)
        else:
            yield RawOrder(value, fields)


class ValidateOrder(RefusesOrders):
    """A cleaned order becomes an order if all rules hold."""

    operator = VALIDATE

    def process_element(self, value: RawOrder, ctx: ProcessFunction.Context) -> Iterator[Order | tuple[OutputTag, Row]]:
        order, errors = check_order(value.fields)
        if order is None:
            yield self.refuse(value.raw, errors, ctx)
        else:
            yield order
