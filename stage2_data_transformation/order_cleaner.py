"""Cleaning: what is right but badly written is rewritten; nothing is judged here.

:func:`clean_order` is a plain function. It never fails and it guesses nothing: a value that it cannot read in one way
only stays as it came, and the validation that comes next refuses it. Every change is recorded.

    spaces around a value, or a blank value      stripped; a blank one is missing
    amount, price "1,299.00"                     1299.00
    quantity "2" or 2.0                          2
    status " Completed ", or none                "completed"; "pending", since the order was just placed
    timestamp in ISO 8601, with slashes,         "2024-01-01 18:00:00", the shop's wall clock
    or as a number (s or ms since 1970)
    items {…}                                    [{…}]

What is not rewritten, on purpose: ``1.299,00`` and ``¥1299`` (which number, which currency?), ``01/02/2024`` (January
or February?), ``done`` (which status is that?).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from flott.datastream import FilterFunction, FlatMapFunction, MapFunction, RuntimeContext
from utils.order_models import MAX_QUANTITY

SHOP_ZONE = timezone(timedelta(hours=8))
"""Where the shop is: order times are its wall clock, so a time that names a zone is brought to this one."""

DEFAULT_STATUS = "pending"
"""The status of an order that does not say: nobody has paid yet."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?\Z")
_TIME = re.compile(
    r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?\Z"
)
_SECONDS_OR_MILLIS = re.compile(r"[1-9][0-9]{9}(?:[0-9]{3})?\Z")


@dataclass(frozen=True)
class Change:
    """One thing that cleaning changed: the field, what it was (None: missing), what it is now."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RawOrder:
    """A message on its way: as it came, what was read from it, and what was changed in that."""

    raw: str
    fields: dict[str, Any]
    changes: tuple[Change, ...] = ()


def clean_order(fields: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """The fields in the form that week 1 asks for, where that can be had, and what was changed.

    >>> clean_order({"order_id": " 7 ", "amount": "1,299.00", "status": "pending"})[0]
    {'order_id': '7', 'amount': Decimal('1299.00'), 'status': 'pending'}
    """
    changes: list[Change] = []
    order = _apply(_ORDER_RULES, fields, "", changes)
    if "status" not in order:
        order["status"] = DEFAULT_STATUS
        changes.append(Change("status", None, DEFAULT_STATUS))
    items = order.get("items")
    if isinstance(items, dict):
        changes.append(Change("items", "an object", "a list of one"))
        items = [items]
    if isinstance(items, list):
        order["items"] = [
            _apply(_ITEM_RULES, item, f"items[{index}].", changes) if isinstance(item, dict) else item
            for index, item in enumerate(items)
        ]
    return order, tuple(changes)


def clean_text(value: Any) -> Any:
    """Without spaces around it, those of Chinese typography included; None if nothing is left."""
    return (value.strip() or None) if isinstance(value, str) else value


def clean_name(value: Any) -> Any:
    """As :func:`clean_text`, and with single spaces between words."""
    return (" ".join(value.split()) or None) if isinstance(value, str) else value


def clean_status(value: Any) -> Any:
    """A status in lower case; the default for none."""
    value = clean_text(value)
    if value is None:
        return DEFAULT_STATUS
    return value.lower() if isinstance(value, str) else value


def clean_number(value: Any) -> Any:
    """The number that a text spells, with or without commas between thousands; other values as they are."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    return Decimal(text.replace(",", "")) if _NUMBER.match(text) else (value if text else None)


def clean_quantity(value: Any) -> Any:
    """The whole number that a text or a decimal is; other values as they are."""
    number = clean_number(value)
    # The limit comes first: 1e999999999 is a whole number too, of a gigabyte.
    if isinstance(number, Decimal) and number.copy_abs() <= MAX_QUANTITY and number == number.to_integral_value():
        return int(number)
    return None if number is None else value


def clean_time(value: Any) -> Any:
    """A time as ``yyyy-MM-dd HH:mm:ss`` of the shop's wall clock; parts of a second are cut off."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return value
    text = str(value).strip()
    if not text:
        return None
    if found := _TIME.match(text):
        return _time_of(found) or value
    # Ten digits are seconds, from 2001 to 2286; thirteen are milliseconds. Nothing else could be meant.
    if _SECONDS_OR_MILLIS.match(text):
        return _text(datetime.fromtimestamp(int(text[:10]), SHOP_ZONE))
    return value


class CleanOrder(MapFunction):
    """One raw order in, one cleaned order out; counts what it changed, field by field."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._metrics = runtime_context.get_metrics_group()
        self._counters: dict[str, Any] = {}

    def map(self, value: RawOrder) -> RawOrder:
        fields, changes = clean_order(value.fields)
        for change in changes:
            name = field_name(change.field)
            if name not in self._counters:
                self._counters[name] = self._metrics.counter(f"cleaned.{name}")
            self._counters[name].inc()
        return RawOrder(value.raw, fields, changes)


class WasChanged(FilterFunction):
    """Keeps the orders in which cleaning changed something."""

    def filter(self, value: RawOrder) -> bool:
        return bool(value.changes)


class ChangeLines(FlatMapFunction):
    """Each change of an order as one line of JSON, for the log."""

    def flat_map(self, value: RawOrder) -> Iterator[str]:
        for change in value.changes:
            line = {
                "order_id": value.fields.get("order_id"),
                "field": change.field,
                "before": change.before,
                "after": change.after,
            }
            text = json.dumps(line, ensure_ascii=False, default=str)
            # Half of a surrogate pair cannot be written to a file; JSON's own escape can.
            yield text.encode("utf-8", "backslashreplace").decode("utf-8")


def field_name(path: str) -> str:
    """The field without its position: ``items[3].price`` is ``items.price``, so that there are few counters."""
    return re.sub(r"\[[0-9]+\]", "", path)


_ORDER_RULES: dict[str, Callable[[Any], Any]] = {
    "order_id": clean_text,
    "user_id": clean_text,
    "amount": clean_number,
    "status": clean_status,
    "timestamp": clean_time,
}
_ITEM_RULES: dict[str, Callable[[Any], Any]] = {
    "id": clean_text,
    "name": clean_name,
    "price": clean_number,
    "quantity": clean_quantity,
}


def _apply(
    rules: Mapping[str, Callable[[Any], Any]], record: Mapping[str, Any], path: str, changes: list[Change]
) -> dict[str, Any]:
    cleaned = dict(record)
    for field, rule in rules.items():
        if field in record:
            before = record[field]
            after = rule(before)
            # 2.0 and 2 are equal, and not the same: the one is refused where a whole number is asked for.
            if after is not before and (type(after) is not type(before) or after != before):
                cleaned[field] = after
                changes.append(Change(path + field, before, after))
    return cleaned


def _time_of(found: re.Match[str]) -> str | None:
    """None for a day that no calendar has."""
    year, _, month, day, hour, minute, second, utc, sign, hours, minutes = found.groups()
    try:
        time = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second))
        if utc or sign:
            offset = timedelta() if utc else timedelta(hours=int(hours), minutes=int(minutes))
            time = time.replace(tzinfo=timezone(-offset if sign == "-" else offset)).astimezone(SHOP_ZONE)
    except (ValueError, OverflowError):
        return None
    return _text(time)


def _text(time: datetime) -> str:
    # strftime writes the year 999 with three digits on some systems.
    return time.replace(tzinfo=None, microsecond=0).isoformat(" ")
