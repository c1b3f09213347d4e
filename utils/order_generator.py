"""Test orders: seeded, realistic, and some of them broken on purpose.

Order ``n`` of a seed is always the same order, whoever makes it and whatever was made before it: subtasks can make
them in parallel, and a test can say what it expects.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from utils.order_models import Reason

_PRODUCTS = (
    ("I001", "Green tea 100 g", 1290),
    ("I002", "茶杯", 2500),
    ("I003", "Wireless mouse", 14950),
    ("I004", "机械键盘", 39900),
    ("I005", "USB-C cable", 999),
    ("I006", "Gift card 🎁", 5000),
    ("I007", "蓝牙耳机 🎧", 19999),
    ("I008", "Notebook A5", 450),
    ("I009", "Café crème, 250 g", 789),
    ("I010", "羽绒服", 69900),
    ("I011", "Office chair", 129900),
    ("I012", 'Laptop 14"', 649900),
)
_POPULARITY = (20, 14, 9, 5, 20, 8, 6, 18, 12, 3, 2, 1)
_STATUSES = ("completed", "pending", "failed")
_STATUS_SHARES = (70, 22, 8)
_START = datetime(2024, 1, 1, 10, 0, 0)


class BadKind(str, Enum):
    """The ways in which a generated order can be broken."""

    MALFORMED_JSON = "malformed JSON"
    EMPTY_PAYLOAD = "empty payload"
    NOT_AN_OBJECT = "not an object"
    MISSING_FIELD = "missing field"
    WRONG_TYPE = "wrong type"
    BAD_TIMESTAMP = "bad timestamp"
    NEGATIVE_AMOUNT = "negative amount"
    AMOUNT_MISMATCH = "amount mismatch"
    UNKNOWN_STATUS = "unknown status"
    ZERO_QUANTITY = "zero quantity"
    INVALID_UTF8 = "invalid UTF-8"
    NULL_PAYLOAD = "null payload"


EXPECTED_REASON = {
    BadKind.MALFORMED_JSON: Reason.MALFORMED_JSON,
    BadKind.EMPTY_PAYLOAD: Reason.EMPTY_PAYLOAD,
    BadKind.NOT_AN_OBJECT: Reason.NOT_AN_OBJECT,
    BadKind.MISSING_FIELD: Reason.MISSING_FIELD,
    BadKind.WRONG_TYPE: Reason.WRONG_TYPE,
    BadKind.BAD_TIMESTAMP: Reason.BAD_TIMESTAMP,
    BadKind.NEGATIVE_AMOUNT: Reason.AMOUNT_NOT_POSITIVE,
    BadKind.AMOUNT_MISMATCH: Reason.AMOUNT_MISMATCH,
    BadKind.UNKNOWN_STATUS: Reason.UNKNOWN_STATUS,
    BadKind.ZERO_QUANTITY: Reason.BAD_ITEM,
    BadKind.INVALID_UTF8: Reason.INVALID_UTF8,
    BadKind.NULL_PAYLOAD: Reason.EMPTY_PAYLOAD,
}
"""The reason for which each kind has to be rejected."""

RAW_KINDS = (BadKind.INVALID_UTF8, BadKind.NULL_PAYLOAD)
"""Kinds that no text can express: they need a client that sends bytes."""

TEXT_KINDS = tuple(kind for kind in BadKind if kind not in RAW_KINDS)
"""Kinds that can be sent as a string."""


class OrderGenerator:
    """Makes the orders of one seed.

    :param seed: the same seed makes the same orders.
    :param bad_share: how many of the orders are broken, from 0 to 1; a share, so the number varies a little.
    :param kinds: the ways to break them, each equally often.
    :param users: how many customers there are; the first ones buy most.
    :param start: the time of the first order. A new one comes every two seconds; some arrive up to five seconds late.

    >>> generator = OrderGenerator(seed=7, bad_share=0)
    >>> generator.text(3) == OrderGenerator(seed=7, bad_share=0).text(3)
    True
    """

    def __init__(
        self,
        seed: int = 42,
        bad_share: float = 0.01,
        kinds: tuple[BadKind, ...] = TEXT_KINDS,
        users: int = 1000,
        start: datetime = _START,
    ) -> None:
        if not 0 <= bad_share <= 1:
            raise ValueError(f"bad_share is {bad_share}; it has to be between 0 and 1")
        if users < 1:
            raise ValueError(f"users is {users}; there has to be at least one")
        if bad_share > 0 and not kinds:
            raise ValueError("bad_share is above 0, but kinds is empty; name at least one kind")
        self.seed = seed
        self.bad_share = bad_share
        self.kinds = kinds
        self.users = users
        self.start = start

    def kind(self, index: int) -> BadKind | None:
        """How order ``index`` is broken; ``None`` if it is not."""
        return self._choose_kind(self._random(index))

    def order(self, index: int) -> dict[str, Any]:
        """Order ``index`` before it is broken, as its JSON fields."""
        rng = self._random(index)
        self._choose_kind(rng)
        return self._order(rng, index)

    def payload(self, index: int) -> bytes | None:
        """The message for order ``index``, broken where it is its turn; ``None`` for a null payload."""
        rng = self._random(index)
        kind = self._choose_kind(rng)
        order = self._order(rng, index)
        if kind is BadKind.NULL_PAYLOAD:
            return None
        if kind is BadKind.INVALID_UTF8:
            # What is left of a two-byte Latin-1 word when somebody calls it UTF-8.
            return _encode(order).encode().replace(b'"name": "', b'"name": "\xe9\xff', 1)
        if kind is not None:
            return _BREAK[kind](order, rng).encode()
        return _encode(order).encode()

    def text(self, index: int) -> str:
        """The message for order ``index`` as a string.

        :raises ValueError: if the generator's kinds include one that no text can express.
        """
        payload = self.payload(index)
        try:
            if payload is not None:
                return payload.decode()
        except UnicodeDecodeError:
            pass
        raise ValueError(f"order {index} is to be broken as bytes; use payload(), or kinds=TEXT_KINDS")

    def count_kinds(self, count: int) -> Counter[BadKind]:
        """How many of the first ``count`` orders are broken in which way."""
        kinds = (self.kind(index) for index in range(count))
        return Counter(kind for kind in kinds if kind is not None)

    def _random(self, index: int) -> random.Random:
        return random.Random((self.seed << 64) + index)

    def _choose_kind(self, rng: random.Random) -> BadKind | None:
        return rng.choice(self.kinds) if rng.random() < self.bad_share else None

    def _order(self, rng: random.Random, index: int) -> dict[str, Any]:
        wanted = rng.choices((1, 2, 3, 4), (55, 28, 12, 5))[0]
        # Choosing with weights may choose one twice; an order lists each product once.
        products = list(dict.fromkeys(rng.choices(_PRODUCTS, _POPULARITY, k=wanted)))
        quantities = rng.choices((1, 2, 3, 6), (80, 13, 5, 2), k=len(products))
        cents = sum(price * quantity for (_, _, price), quantity in zip(products, quantities, strict=True))
        order_time = self.start + timedelta(seconds=2 * index - rng.choice((0, 0, 0, 1, 2, 5)))
        return {
            "order_id": f"O{index + 1:08d}",
            "user_id": f"U{1 + int(self.users * rng.random() ** 2):04d}",
            "amount": cents / 100,
            "status": rng.choices(_STATUSES, _STATUS_SHARES)[0],
            "items": [
                {"id": product, "name": name, "price": price / 100, "quantity": quantity}
                for (product, name, price), quantity in zip(products, quantities, strict=True)
            ],
            "timestamp": order_time.strftime("%Y-%m-%d %H:%M:%S"),
        }


def _encode(order: dict[str, Any]) -> str:
    return json.dumps(order, ensure_ascii=False)


def _malformed(order: dict[str, Any], rng: random.Random) -> str:
    text = _encode(order)
    return text[: rng.randrange(1, len(text))]


def _missing_field(order: dict[str, Any], rng: random.Random) -> str:
    del order[rng.choice(("order_id", "user_id", "amount", "status", "timestamp"))]
    return _encode(order)


def _wrong_type(order: dict[str, Any], rng: random.Random) -> str:
    field, value = rng.choice((("amount", str(order["amount"])), ("items", "none"), ("status", True), ("user_id", [1])))
    return _encode({**order, field: value})


def _zero_quantity(order: dict[str, Any], rng: random.Random) -> str:
    rng.choice(order["items"])["quantity"] = 0
    return _encode(order)


_BREAK: dict[BadKind, Callable[[dict[str, Any], random.Random], str]] = {
    BadKind.MALFORMED_JSON: _malformed,
    BadKind.EMPTY_PAYLOAD: lambda order, rng: "",
    BadKind.NOT_AN_OBJECT: lambda order, rng: rng.choice(('["order"]', "42", "null", '"order"')),
    BadKind.MISSING_FIELD: _missing_field,
    BadKind.WRONG_TYPE: _wrong_type,
    BadKind.BAD_TIMESTAMP: lambda order, rng: _encode(
        {**order, "timestamp": rng.choice(("2024-02-30 10:00:00", "01/02/2024 10:00", "yesterday"))}
    ),
    BadKind.NEGATIVE_AMOUNT: lambda order, rng: _encode({**order, "amount": -order["amount"]}),
    BadKind.AMOUNT_MISMATCH: lambda order, rng: _encode({**order, "amount": order["amount"] + 0.25}),
    BadKind.UNKNOWN_STATUS: lambda order, rng: _encode({**order, "status": rng.choice(("done", "COMPLETED", "退款"))}),
    BadKind.ZERO_QUANTITY: _zero_quantity,
}
