"""What week 3's tests share: orders by hand, and the windows on a harness that a test feeds."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from flott.testing import Harness
from stage3_window_statistics.order_windows import ALLOWED_LATENESS_MS, OUT_OF_ORDER_MS, order_times, order_windows
from stage3_window_statistics.statistic import Statistic
from utils.order_models import Order, parse_order

AMOUNTS = (100.50, 200.75, 150.25, 300.00, 175.50, 225.80, 125.30, 275.90, 190.25, 210.45)
USERS = (1, 2, 3, 1, 4, 2, 5, 3, 1, 6)
STATUSES = {"c": "completed", "p": "pending", "f": "failed"}


def at(time: str) -> str:
    """A time of the day that all tests play on: ``10:05`` or ``10:05:30``."""
    return f"2024-01-01 {time if time.count(':') == 2 else f'{time}:00'}"


def moment(time: str) -> datetime:
    return datetime.fromisoformat(at(time))


def message(
    order_id: str, time: str, amount: float = 10, user: object = "U1", status: str = "completed", items: Any = ()
) -> str:
    """A message as it comes from Kafka.

    :param items: triples of id, price and quantity.
    """
    fields = {"order_id": order_id, "user_id": user, "amount": amount, "status": status, "timestamp": at(time)}
    fields["items"] = [{"id": id, "price": price, "quantity": quantity} for id, price, quantity in items]
    return json.dumps(fields)


def order(*args: Any, **fields: Any) -> Order:
    return parse_order(message(*args, **fields))


def ten_orders() -> list[str]:
    """The ten of the course: one every five minutes from 10:00 on.

    By hand: 100.50 + 200.75 + 150.25 + 300.00 + 175.50 + 225.80 + 125.30 + 275.90 + 190.25 + 210.45 = 1954.70
    """
    shop = zip(AMOUNTS, USERS, "cpcfcpccpc", strict=True)
    return [
        message(f"O{n}", f"10:{5 * n:02}", amount, user, STATUSES[status])
        for n, (amount, user, status) in enumerate(shop)
    ]


class Windows:
    """The windows of week 3 on a harness. A watermark comes behind each message, as in a slow stream."""

    def __init__(
        self,
        harness: Harness,
        allowed_lateness_ms: int = ALLOWED_LATENESS_MS,
        out_of_order_ms: int = OUT_OF_ORDER_MS,
    ) -> None:
        self._harness = harness
        orders = harness.source("orders").map(parse_order)
        timed = orders.assign_timestamps_and_watermarks(order_times(out_of_order_ms))
        self.windows = order_windows(timed, allowed_lateness_ms)

    def send(self, *messages: str) -> None:
        self._harness.feed("orders", *messages)

    def finish(self) -> None:
        self._harness.finish()

    def rows(self, statistic: Statistic) -> list[tuple[Any, ...]]:
        """Everything that has come until now, times without the day: ``('10:00', '10:01', 1, '100.50')``."""
        return [tuple(map(_short, row)) for row in self._harness.output(self.windows.rows[statistic])]

    def latest(self, statistic: Statistic) -> set[tuple[Any, ...]]:
        """What each window said last: what a table has that is upserted."""
        keys = len(statistic.fields) - len(statistic.figures)
        return set({row[:keys]: row for row in self.rows(statistic)}.values())

    def late(self) -> list[str]:
        return [order.order_id for order in self._harness.output(self.windows.late_orders)]

    def late_changes(self) -> list[tuple[str, str]]:
        return [(order.order_id, order.status) for order in self._harness.output(self.windows.late_changes)]


def _short(value: Any) -> Any:
    # As text: 1954.7 and 1954.70 are equal as decimals.
    if isinstance(value, Decimal):
        return str(value)
    if not isinstance(value, datetime):
        return value
    return f"{value:%H:%M}" if value.second == 0 else f"{value:%H:%M:%S}"
