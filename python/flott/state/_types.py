"""Columns of Python objects whose types nobody has declared: the type that fits all values, or text."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flott.common.types import Row

if TYPE_CHECKING:
    from flott._flott import ArrowTable

__all__ = ["table_of_rows"]

_LONG = range(-(1 << 63), 1 << 63)
_KINDS = {
    bool: "BOOLEAN", int: "LONG", float: "DOUBLE", str: "STRING", Decimal: "BIG_DEC", date: "SQL_DATE", time: "SQL_TIME"
}  # fmt: skip
_TEXT = {"kind": "STRING"}


def table_of_rows(names: list[str], rows: list[tuple[Any, ...]]) -> ArrowTable:
    """The rows as columns. Values of a column that have no type in common become text."""
    from flott._flott import ArrowTable, ColumnsType

    columns = [[row[at] for row in rows] for at in range(len(names))]
    types = []
    for at, column in enumerate(columns):
        found = _type_of(column)
        try:
            if found is not None:
                ArrowTable.of_records(ColumnsType(_row(["value"], [found])), [(value,) for value in column])
        except TypeError:
            # a decimal with too many digits, for example
            found = None
        if found is None:
            columns[at] = [value if value is None or isinstance(value, str) else repr(value) for value in column]
        types.append(found or _TEXT)
    return ArrowTable.of_records(ColumnsType(_row(names, types)), list(zip(*columns)))


def _row(names: list[str], types: list[dict[str, Any]]) -> str:
    return json.dumps({"kind": "ROW", "names": names, "fields": types})


def _type_of(values: list[Any]) -> dict[str, Any] | None:
    """The type of all of them, as ``TypeInformation._descriptor()`` has it; None if there is no such type."""
    there = [value for value in values if value is not None]
    kinds = {type(value) for value in there}
    if kinds == {int, float}:
        return {"kind": "DOUBLE"}
    if len(kinds) != 1:
        return None if kinds else _TEXT
    (kind,) = kinds
    if kind is int and any(value not in _LONG for value in there):
        return None
    if kind in _KINDS:
        return {"kind": _KINDS[kind]}
    if kind is bytes:
        return {"kind": "PRIMITIVE_ARRAY", "element": {"kind": "BYTE"}}
    if kind is datetime:
        zoned = {value.tzinfo is not None for value in there}
        return {"kind": "INSTANT" if zoned == {True} else "SQL_TIMESTAMP"} if len(zoned) == 1 else None
    if kind is list:
        return _nested("LIST", element=_type_of([item for value in there for item in value]))
    if kind is dict:
        keys = _type_of([key for value in there for key in value])
        if any(key is None for value in there for key in value):
            return None
        return _nested("MAP", key=keys, value=_type_of([item for value in there for item in value.values()]))
    if kind is tuple and len({len(value) for value in there}) == 1:
        fields = [_type_of([value[at] for value in there]) for at in range(len(there[0]))]
        return None if not fields or None in fields else {"kind": "TUPLE", "fields": fields}
    if kind is Row:
        names = {tuple(value._fields or ()) for value in there}
        if len(names) != 1 or not next(iter(names)):
            return None
        fields = [_type_of([value[name] for value in there]) for name in next(iter(names))]
        return None if None in fields else {"kind": "ROW", "names": list(next(iter(names))), "fields": fields}
    return None


def _nested(kind: str, **inner: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if None in inner.values() else {"kind": kind, **inner}
