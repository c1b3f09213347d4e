"""The order of the course: what it looks like on the wire, and when one is valid.

On the wire an order is one JSON object in UTF-8::

    {"order_id": "O00000001", "user_id": "U0042", "amount": 99.99, "status": "completed",
     "items": [{"id": "I001", "name": "Tea", "price": 49.99, "quantity": 1},
               {"id": "I002", "name": "茶杯 🍵", "price": 25.00, "quantity": 2}],
     "timestamp": "2024-01-01 10:00:00"}

Reading one takes steps that a job may run apart from each other: :func:`parse_order` checks the shape and the types
(it is :func:`read_fields`, which makes a dict of the JSON, and :func:`order_from_fields`), :func:`validate_order` the
rules of the business. They raise :class:`InvalidOrder`, which names a :class:`Reason` (few, fixed: for counters and
dashboards) and a detail (for people); :func:`violations` tells of every rule that does not hold.

Money is :class:`~decimal.Decimal` from the first digit on: ``0.1 + 0.2`` is ``0.3`` here.
Only the standard library is used, so that these functions run anywhere, also in a Flink worker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from enum import Enum
from typing import Any

STATUSES = frozenset({"completed", "pending", "failed"})
"""What ``status`` may be."""

TOLERANCE = Decimal("0.01")
"""How far ``amount`` may be from the sum of its items, exclusive (ERP systems round line by line)."""

MAX_AMOUNT = Decimal(10) ** 10 - 1
"""Amounts and prices go up to this: it fits into ``DECIMAL(12, 2)``, whichever way the cents are rounded."""

MAX_QUANTITY = 2**31 - 1
MAX_ID_LENGTH = 64
MAX_NAME_LENGTH = 255

_CENT = Decimal("0.01")
_REQUIRED = ("order_id", "user_id", "amount", "status", "timestamp")
_REQUIRED_OF_ITEM = ("id", "price", "quantity")


class Reason(str, Enum):
    """Why an order was rejected. The value is the name of the counter."""

    EMPTY_PAYLOAD = "empty_payload"
    INVALID_UTF8 = "invalid_utf8"
    MALFORMED_JSON = "malformed_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    BAD_TIMESTAMP = "bad_timestamp"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    UNKNOWN_STATUS = "unknown_status"
    BAD_ITEM = "bad_item"
    AMOUNT_MISMATCH = "amount_mismatch"


class InvalidOrder(ValueError):
    """An order that cannot be loaded.

    :param reason: one of a few fixed reasons.
    :param detail: what exactly is wrong, for a person.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[InvalidOrder], tuple[Reason, str]]:
        return InvalidOrder, (self.reason, self.detail)


@dataclass(frozen=True)
class OrderItem:
    """One line of an order; ``name`` may be missing."""

    id: str
    name: str | None
    price: Decimal
    quantity: int

    @property
    def line_amount(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True)
class Order:
    """An order whose shape and types are right; see :func:`validate_order` for the rest."""

    order_id: str
    user_id: str
    amount: Decimal
    status: str
    order_time: datetime
    items: tuple[OrderItem, ...] = ()


def to_cents(amount: Decimal) -> Decimal:
    """The amount with two decimals, half a cent rounded up: what the database stores.

    >>> to_cents(Decimal("0.30000000000000004"))
    Decimal('0.30')
    """
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def parse_order(payload: str | bytes | None) -> Order:
    """Reads one message.

    :param payload: the message as it came; ``None`` for one without a value.
    :raises InvalidOrder: if it is not one JSON object with the fields of an order in their types.

    >>> parse_order('{"order_id": 7, "user_id": "U1", "amount": 2.5, "status": "pending", '
    ...             '"timestamp": "2024-01-01 10:00:00"}').amount
    Decimal('2.5')
    """
    return order_from_fields(read_fields(payload))


def read_fields(payload: str | bytes | None) -> dict[str, Any]:
    """The fields of one message as JSON has them; numbers with a point are decimals.

    :raises InvalidOrder: if the message is not one JSON object in UTF-8.

    >>> read_fields('{"order_id": 7, "amount": 2.50}')
    {'order_id': 7, 'amount': Decimal('2.50')}
    """
    return _json_object(_text(payload))


def order_from_fields(fields: Mapping[str, Any]) -> Order:
    """The order that these fields are.

    :param fields: what :func:`read_fields` returned, or a step that came after it.
    :raises InvalidOrder: if one is missing, is of another type, or holds what no column can.
    """
    for field in _REQUIRED:
        if fields.get(field) is None:
            raise InvalidOrder(Reason.MISSING_FIELD, field)
    items = fields.get("items")
    if items is None:
        items = []
    if not isinstance(items, list):
        raise InvalidOrder(Reason.WRONG_TYPE, f"items is {_kind(items)}, not a list")
    return Order(
        order_id=_identifier(fields["order_id"], "order_id"),
        user_id=_identifier(fields["user_id"], "user_id"),
        amount=_money(fields["amount"], "amount"),
        status=_string(fields["status"], "status", MAX_ID_LENGTH),
        order_time=_timestamp(fields["timestamp"]),
        items=tuple(_item(item, f"items[{index}]") for index, item in enumerate(items)),
    )


def validate_order(order: Order) -> None:
    """Checks the rules of the business; see :func:`violations`.

    :raises InvalidOrder: with the first rule that does not hold.
    """
    for violation in violations(order):
        raise violation


def violations(order: Order) -> Iterator[InvalidOrder]:
    """Each rule of the business that does not hold, as the error to raise.

    The amount is positive, the status is known, each item has a quantity of at least one and a price of at least
    zero, and where there are items the amount is less than one cent away from their sum.
    """
    if order.amount <= 0:
        yield InvalidOrder(Reason.AMOUNT_NOT_POSITIVE, f"amount is {order.amount}")
    if order.status not in STATUSES:
        yield InvalidOrder(Reason.UNKNOWN_STATUS, f"status is {_shorten(order.status)!r}")
    for index, item in enumerate(order.items):
        if item.quantity < 1:
            yield InvalidOrder(Reason.BAD_ITEM, f"items[{index}].quantity is {item.quantity}")
        if item.price < 0:
            yield InvalidOrder(Reason.BAD_ITEM, f"items[{index}].price is {item.price}")
    if order.items:
        total = sum((item.line_amount for item in order.items), Decimal(0))
        if abs(total - order.amount) >= TOLERANCE:
            yield InvalidOrder(Reason.AMOUNT_MISMATCH, f"amount is {order.amount}, the items sum to {total}")


def _text(payload: str | bytes | None) -> str:
    if isinstance(payload, bytes):
        try:
            payload = payload.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidOrder(Reason.INVALID_UTF8, f"byte {error.start} cannot be decoded") from None
    if payload is None or not payload.strip():
        raise InvalidOrder(Reason.EMPTY_PAYLOAD, "the message has no content")
    if "\ufffd" in payload:
        # A string deserializer has no way to fail: it leaves this character where the bytes were not UTF-8.
        position = payload.index("\ufffd")
        raise InvalidOrder(Reason.INVALID_UTF8, f"character {position} replaces bytes that are not UTF-8")
    return payload


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidOrder(Reason.MALFORMED_JSON, _shorten(str(error))) from None
    except DecimalException:
        raise InvalidOrder(Reason.OUT_OF_RANGE, "a number has too large an exponent") from None
    if not isinstance(value, dict):
        raise InvalidOrder(Reason.NOT_AN_OBJECT, f"the message is {_kind(value)}")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _item(value: Any, path: str) -> OrderItem:
    if not isinstance(value, dict):
        raise InvalidOrder(Reason.WRONG_TYPE, f"{path} is {_kind(value)}, not an object")
    for field in _REQUIRED_OF_ITEM:
        if value.get(field) is None:
            raise InvalidOrder(Reason.MISSING_FIELD, f"{path}.{field}")
    quantity = value["quantity"]
    if not isinstance(quantity, int) or isinstance(quantity, bool):
        raise InvalidOrder(Reason.WRONG_TYPE, f"{path}.quantity is {_kind(quantity)}, not a whole number")
    if abs(quantity) > MAX_QUANTITY:
        raise InvalidOrder(Reason.OUT_OF_RANGE, f"{path}.quantity is beyond {MAX_QUANTITY}")
    name = value.get("name")
    return OrderItem(
        id=_identifier(value["id"], f"{path}.id"),
        name=None if name is None else _string(name, f"{path}.name", MAX_NAME_LENGTH),
        price=_money(value["price"], f"{path}.price"),
        quantity=quantity,
    )


def _identifier(value: Any, path: str) -> str:
    """Systems that send orders disagree on whether a number is a string: both are taken, as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _string(value, path, MAX_ID_LENGTH)


def _string(value: Any, path: str, longest: int) -> str:
    if not isinstance(value, str):
        raise InvalidOrder(Reason.WRONG_TYPE, f"{path} is {_kind(value)}, not a string")
    if not value:
        raise InvalidOrder(Reason.MISSING_FIELD, path)
    if len(value) > longest:
        raise InvalidOrder(Reason.OUT_OF_RANGE, f"{path} has {len(value)} characters, more than {longest}")
    # JSON's escapes can spell characters that no database stores: NUL, and half of a surrogate pair.
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidOrder(Reason.INVALID_UTF8, f"{path} holds a character that cannot be stored")
    return value


def _money(value: Any, path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise InvalidOrder(Reason.WRONG_TYPE, f"{path} is {_kind(value)}, not a number")
    amount = Decimal(value)
    if amount.copy_abs() > MAX_AMOUNT:
        raise InvalidOrder(Reason.OUT_OF_RANGE, f"{path} is beyond {MAX_AMOUNT:,}")
    return amount


def _timestamp(value: Any) -> datetime:
    text = _string(value, "timestamp", MAX_NAME_LENGTH)
    # fromisoformat takes more than this one form, so the separators are checked first; strptime is ten times slower.
    if len(text) == 19 and (text[4], text[7], text[10], text[13], text[16]) == ("-", "-", " ", ":", ":"):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise InvalidOrder(Reason.BAD_TIMESTAMP, f"{_shorten(text)!r} is not a time like '2024-01-31 23:59:59'")


def _kind(value: Any) -> str:
    """What a JSON value is, in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float, Decimal)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def _shorten(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[:limit] + "…"
