"""Checks that turn a Python value into a value of a declared type, or say where and why it is not one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flott.common.types import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flott.common.typeinfo import TypeInformation


class TypeMismatch(Exception):
    """A value that is not of the declared type. Raised deep inside; the path grows on the way out."""

    def __init__(self, expected: str, value: Any, hint: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value
        self.hint = hint
        self.path: list[str | int] = []

    def under(self, step: str | int) -> TypeMismatch:
        """The same mismatch, seen from one level further out."""
        self.path.append(step)
        return self

    def message(self, root: str) -> str:
        where = root
        for step in reversed(self.path):
            where += f"[{step}]" if isinstance(step, int) else step if step.startswith("[") else f".{step}"
        text = f"{where}: expected {self.expected}, got {_shorten(self.value)} ({type(self.value).__name__})"
        return f"{text}; {self.hint}" if self.hint else text


def _shorten(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # a user's __repr__ may do anything
        text = f"an object of {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def type_information(given: Any, what: str) -> TypeInformation:
    """``given`` if it is type information, else a TypeError that says how to write it."""
    from flott.common.typeinfo import TypeInformation

    if isinstance(given, TypeInformation):
        return given
    hint = ""
    if callable(given) and getattr(given, "__qualname__", "").startswith("Types."):
        hint = f"; call it: {given.__qualname__}()"
    elif given in (str, int, float, bool, bytes):
        name = {str: "STRING()", int: "LONG()", float: "DOUBLE()", bool: "BOOLEAN()"}.get(given)
        hint = f"; write Types.{name or 'PRIMITIVE_ARRAY(Types.BYTE())'}"
    raise TypeError(f"{what} is type information such as Types.STRING(), not {_shorten(given)}{hint}")


def field_types(given: Any, what: str) -> list[TypeInformation]:
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"{what} takes a list of field types, not {_shorten(given)}")
    return [type_information(field, f"field {index} of {what}") for index, field in enumerate(given)]


def field_names(given: Any, count: int) -> list[str]:
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise TypeError(f"field names are a list of strings, not {_shorten(given)}")
    names = [sys.intern(str(name)) for name in given]
    if len(names) != count:
        raise ValueError(
            f"Types.ROW_NAMED: {len(names)} field names for {count} field types; give one name for each type"
        )
    if len(set(names)) != count:
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Types.ROW_NAMED: the field name '{twice}' comes twice")
    return names


def _integer(kind: str, bits: int) -> Callable[[Any], Any]:
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1

    def check(value: Any) -> Any:
        if value.__class__ is not int:
            if value is None:
                return None
            value = _index(value, kind)
        if low <= value <= high:
            return value
        wider = {"BYTE": "SHORT", "SHORT": "INT", "INT": "LONG", "LONG": "BIG_INT"}[kind]
        raise TypeMismatch(f"{kind} ({low} to {high})", value, f"Types.{wider}() holds it")

    return check


def _index(value: Any, kind: str) -> int:
    try:
        return int(value.__index__())
    except (AttributeError, TypeError):
        hint = "convert it with int(...)" if isinstance(value, (str, float)) else ""
        raise TypeMismatch(f"{kind} (a whole number)", value, hint) from None


def _boolean(value: Any) -> Any:
    if value is None or value is True or value is False:
        return value
    if type(value).__name__ in ("bool_", "bool"):  # numpy's
        return bool(value)
    raise TypeMismatch("BOOLEAN (True or False)", value)


def _string(value: Any) -> Any:
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, str):
        return str(value)
    hint = "decode it with .decode()" if isinstance(value, bytes) else "convert it with str(...)"
    raise TypeMismatch("STRING", value, hint)


def _char(value: Any) -> Any:
    if value is None or (isinstance(value, str) and len(value) == 1):
        return value
    raise TypeMismatch(
        "CHAR (one character)", value, "Types.STRING() holds longer text" if isinstance(value, str) else ""
    )


def _number(value: Any, kind: str) -> float:
    if isinstance(value, (str, bytes)) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeMismatch(
            f"{kind} (a number)", value, "convert it with float(...)" if isinstance(value, (str, bytes)) else ""
        )
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeMismatch(f"{kind} (a number)", value) from None


def _double(value: Any) -> Any:
    if value.__class__ is float or value is None:
        return value
    return _number(value, "DOUBLE")


def _float(value: Any) -> Any:
    if value is None:
        return None
    from struct import pack, unpack

    if value.__class__ is not float:
        value = _number(value, "FLOAT")
    try:
        return unpack("f", pack("f", value))[0]
    except OverflowError:
        raise TypeMismatch("FLOAT (up to 3.4E38)", value, "Types.DOUBLE() holds it") from None


def _big_int(value: Any) -> Any:
    if value.__class__ is not int:
        if value is None:
            return None
        value = _index(value, "BIG_INT")
    return value


def _big_dec(value: Any) -> Any:
    if value is None:
        return None
    from decimal import Decimal

    if isinstance(value, Decimal):
        if value.is_finite():
            return value
    elif isinstance(value, int):
        return Decimal(int(value))
    elif isinstance(value, float) and value - value == 0:
        return Decimal(repr(float(value)))
    raise TypeMismatch("BIG_DEC (a finite decimal.Decimal)", value, "convert it with Decimal(...)")


def _instant(value: Any) -> Any:
    if value is None:
        return None
    from flott.common.time import Instant

    if isinstance(value, Instant):
        return value
    raise TypeMismatch("INSTANT (flott.common.Instant)", value, "see Instant.of_epoch_milli(...)")


BASIC: dict[str, Callable[[Any], Any]] = {
    "STRING": _string,
    "BYTE": _integer("BYTE", 8),
    "BOOLEAN": _boolean,
    "SHORT": _integer("SHORT", 16),
    "INT": _integer("INT", 32),
    "LONG": _integer("LONG", 64),
    "FLOAT": _float,
    "DOUBLE": _double,
    "CHAR": _char,
    "BIG_INT": _big_int,
    "BIG_DEC": _big_dec,
    "INSTANT": _instant,
}


def date_value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    from datetime import date, datetime

    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise TypeMismatch(
        f"{kind} (datetime.date)", value, "see date.fromisoformat(...)" if isinstance(value, str) else ""
    )


def time_value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    from datetime import time

    if isinstance(value, time):
        return value
    raise TypeMismatch(
        f"{kind} (datetime.time)", value, "see time.fromisoformat(...)" if isinstance(value, str) else ""
    )


def timestamp_value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    from datetime import datetime, timezone

    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(timezone.utc).replace(tzinfo=None)
    hint = "see datetime.fromisoformat(...)" if isinstance(value, str) else ""
    raise TypeMismatch(f"{kind} (datetime.datetime)", value, hint)


def elements(value: Any, check: Callable[[Any], Any], expected: Callable[[], str]) -> list[Any] | None:
    """The checked items of a list, a tuple or an array."""
    if value is None:
        return None
    if isinstance(value, (str, bytes, dict, Row)) or not hasattr(value, "__iter__"):
        raise TypeMismatch(expected(), value)
    items: list[Any] = []
    try:
        for item in value:
            items.append(check(item))
    except TypeMismatch as mismatch:
        raise mismatch.under(len(items)) from None
    return items


def mapping(
    value: Any, check_key: Callable[[Any], Any], check_value: Callable[[Any], Any], expected: Callable[[], str]
) -> dict[Any, Any] | None:
    """The checked entries of a dict."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeMismatch(expected(), value)
    entries = {}
    for key, item in value.items():
        try:
            entries[check_key(key)] = check_value(item)
        except TypeMismatch as mismatch:
            raise mismatch.under(f"[{_shorten(key)}]") from None
    return entries


def row_values(value: Any, names: Sequence[str], by_name: bool) -> Sequence[Any] | None:
    """The field values of a row, tuple, list or dict in the order of ``names``; None if it does not fit.

    A row whose names are all declared ones goes by name, where a missing field is None; any other goes by
    position, as in Flink.
    """
    if value.__class__ is Row or isinstance(value, Row):
        fields, values = value._fields, value._values
        if fields is None or fields == names or not by_name:
            return values if len(values) == len(names) else None
        if set(fields) <= set(names):
            given = dict(zip(fields, values, strict=False))
            return [given.get(name) for name in names]
        return values if len(values) == len(names) and not set(fields) & set(names) else None
    if isinstance(value, dict):
        if not value.keys() <= set(names):
            return None
        return [value.get(name) for name in names]
    if isinstance(value, (tuple, list)):
        return value if len(value) == len(names) else None
    return None
