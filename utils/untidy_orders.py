"""Test orders that are right but badly written, as week 2 gets them: other systems, other habits.

Beside the broken ones of :class:`~utils.order_generator.OrderGenerator`, which nobody can use, there are orders here
that a person would understand at once: ``"1,299.00"``, ``" Completed "``, ``"2024-01-01T02:00:00Z"``. The generator
knows what each of them means, so that a test can say what cleaning has to find.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from utils.order_generator import EXPECTED_REASON, BadKind, OrderGenerator
from utils.order_models import Reason

_SHOP = timezone(timedelta(hours=8))


class Untidiness(str, Enum):
    """The ways in which a generated order can be badly written."""

    SPACES = "spaces around texts"
    STATUS_IN_CAPITALS = "status in capitals"
    NO_STATUS = "no status"
    AMOUNT_AS_TEXT = "amount as text"
    QUANTITY_AS_TEXT = "quantity as text"
    QUANTITY_WITH_POINT = "quantity with a point"
    PRICE_AS_TEXT = "price as text"
    ISO_TIME = "time in UTC"
    SLASHES = "date with slashes"
    MILLISECONDS = "time in milliseconds"
    SINGLE_ITEM = "one item without a list"


class UntidyOrderGenerator(OrderGenerator):
    """As its base class, and some of the orders that are not broken are badly written.

    :param untidy_share: how many of the orders that are not broken, from 0 to 1.

    >>> tidy = OrderGenerator(seed=7, bad_share=0)
    >>> UntidyOrderGenerator(seed=7, bad_share=0, untidy_share=0).text(3) == tidy.text(3)
    True
    """

    def __init__(self, seed: int = 42, bad_share: float = 0.01, untidy_share: float = 0.1, **options: Any) -> None:
        super().__init__(seed, bad_share, **options)
        if not 0 <= untidy_share <= 1:
            raise ValueError(f"untidy_share is {untidy_share}; it has to be between 0 and 1")
        self.untidy_share = untidy_share

    def untidiness(self, index: int) -> Untidiness | None:
        """How order ``index`` is badly written; ``None`` if it is not, or is broken."""
        # A sequence of its own: the orders themselves are those of the base class.
        rng = random.Random(-1 - ((self.seed << 64) + index))
        if self.kind(index) is not None or rng.random() >= self.untidy_share:
            return None
        chosen = rng.choice(tuple(Untidiness))
        if chosen is Untidiness.SINGLE_ITEM and len(self.order(index)["items"]) > 1:
            return Untidiness.ISO_TIME
        return chosen

    def payload(self, index: int) -> bytes | None:
        untidiness = self.untidiness(index)
        if untidiness is None:
            return super().payload(index)
        order = self.order(index)
        _WRITE[untidiness](order)
        return json.dumps(order, ensure_ascii=False).encode()

    def meant(self, index: int) -> dict[str, Any] | None:
        """What order ``index`` says to a person: its fields, tidy; ``None`` if it is broken beyond repair.

        Some of the broken ones can be read as well: an amount given as text, a status in capitals, no status.
        """
        order = self.order(index)
        kind = self.kind(index)
        if kind is None:
            missing = self.untidiness(index) is Untidiness.NO_STATUS
            return {**order, "status": "pending"} if missing else order
        if kind not in (BadKind.WRONG_TYPE, BadKind.MISSING_FIELD, BadKind.UNKNOWN_STATUS):
            return None
        sent = json.loads(self.text(index))
        if kind is BadKind.WRONG_TYPE:
            return order if isinstance(sent["amount"], str) else None
        if kind is BadKind.MISSING_FIELD:
            return None if "status" in sent else {**order, "status": "pending"}
        return {**order, "status": "completed"} if sent["status"] == "COMPLETED" else None

    def expected_reasons(self, count: int) -> Counter[Reason]:
        """For which reasons the first ``count`` orders have to be rejected, and how often."""
        reasons: Counter[Reason] = Counter()
        for index in range(count):
            kind = self.kind(index)
            if kind is not None and self.meant(index) is None:
                reasons[EXPECTED_REASON[kind]] += 1
        return reasons

    def count_untidy(self, count: int) -> Counter[Untidiness]:
        """How many of the first ``count`` orders are badly written in which way."""
        kinds = (self.untidiness(index) for index in range(count))
        return Counter(kind for kind in kinds if kind is not None)


def _spaces(order: dict[str, Any]) -> None:
    order.update(order_id=f" {order['order_id']}", user_id=f"{order['user_id']}\t", status=f"\u3000{order['status']} ")
    for item in order["items"]:
        item.update(id=f"{item['id']} ", name=f" {item['name'].replace(' ', '  ')}")


def _texts(field: str, write: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def of_items(order: dict[str, Any]) -> None:
        for item in order["items"]:
            item[field] = write(item[field])

    return of_items


def _shop_time(order: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(order["timestamp"]).replace(tzinfo=_SHOP)


_WRITE: dict[Untidiness, Callable[[dict[str, Any]], None]] = {
    Untidiness.SPACES: _spaces,
    Untidiness.STATUS_IN_CAPITALS: lambda order: order.update(status=order["status"].upper()),
    Untidiness.NO_STATUS: lambda order: order.pop("status"),
    Untidiness.AMOUNT_AS_TEXT: lambda order: order.update(amount=f"{order['amount']:,.2f}"),
    Untidiness.QUANTITY_AS_TEXT: _texts("quantity", str),
    Untidiness.QUANTITY_WITH_POINT: _texts("quantity", float),
    Untidiness.PRICE_AS_TEXT: _texts("price", lambda price: f"{price:,.2f}"),
    Untidiness.ISO_TIME: lambda order: order.update(
        timestamp=f"{_shop_time(order).astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    ),
    Untidiness.SLASHES: lambda order: order.update(timestamp=order["timestamp"].replace("-", "/")),
    Untidiness.MILLISECONDS: lambda order: order.update(timestamp=int(_shop_time(order).timestamp()) * 1000),
    Untidiness.SINGLE_ITEM: lambda order: order.update(items=order["items"][0]),
}
