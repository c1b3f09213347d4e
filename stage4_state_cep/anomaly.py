"""An anomaly: an order that somebody should look at, as a row of ``order_anomalies`` and as a message."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flott.common import Row, Types
from flott.datastream import KeyedProcessFunction, MapFunction, RuntimeContext
from stage3_window_statistics.window_aggregators import time_of
from utils.order_models import to_cents

ANOMALY_FIELDS = ["order_id", "anomaly_type", "event_time", "user_id", "amount", "detail", "detect_time"]
ANOMALY_KEY = ["order_id", "anomaly_type", "event_time"]
"""The table's primary key: told once more, an anomaly replaces itself."""

ANOMALY_TYPE = Types.ROW_NAMED(
    ANOMALY_FIELDS,
    [
        *(Types.STRING(), Types.STRING(), Types.SQL_TIMESTAMP(), Types.STRING()),
        *(Types.BIG_DEC(), Types.STRING(), Types.SQL_TIMESTAMP()),
    ],
)


class Kind(str, Enum):
    """What can be odd about an order."""

    ILLEGAL_TRANSITION = "illegal_transition"
    LARGE_ORDER = "large_order"
    FREQUENT_ORDERS = "frequent_orders"
    ORDER_RUN = "order_run"
    PAYMENT_TIMEOUT = "payment_timeout"
    # found by patterns
    RISING_ORDERS = "rising_orders"
    PAID_AFTER_FAILURES = "paid_after_failures"
    ORDERED_NOT_PAID = "ordered_not_paid"
    PURCHASE = "purchase"


def anomaly(
    kind: Kind,
    order_id: str,
    user_id: str,
    amount: Decimal,
    detail: str,
    timestamp: int,
    ctx: KeyedProcessFunction.Context,
) -> Row:
    """A row of the table.

    :param detail: for people.
    :param timestamp: event time of what showed it, in ms: an event's or a timer's.
    :param ctx: knows what time it is now, on the machine's clock.
    """
    now = time_of(ctx.timer_service().current_processing_time())
    return Row(order_id, kind.value, time_of(timestamp), user_id, to_cents(amount), detail, now)


class AnomalyJson(MapFunction):
    """Rows as messages of the topic, counted by kind on the way.

    Times are texts, and amounts too, with two decimals: a reader that makes floats of JSON's numbers cannot harm them.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        metrics = runtime_context.get_metrics_group()
        self._found = {kind.value: metrics.counter(f"anomalies.{kind.value}") for kind in Kind}

    def map(self, value: Row) -> str:
        fields = dict(zip(ANOMALY_FIELDS, value, strict=True))
        self._found[fields["anomaly_type"]].inc()
        return json.dumps({name: _json_value(field) for name, field in fields.items()}, ensure_ascii=False)


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    return f"{value:.2f}" if isinstance(value, Decimal) else value
