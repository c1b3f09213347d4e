"""Nodes of an expression's tree: plain dictionaries, as the engine reads them, and their text."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]

_INT = range(-(2**31), 2**31)
_BIGINT = range(-(2**63), 2**63)


def call(name: str, *args: Node) -> Node:
    return {"call": name, "args": list(args)}


def symbol(name: str) -> Node:
    """A keyword, such as a unit of time."""
    return {"lit": name, "type": "SYMBOL"}


def literal(value: Any, type_text: str | None = None) -> Node:
    """A value with its type, as Flink finds it: an int is INT if it fits in 32 bits.

    :raises TypeError: if values of that Python type have no SQL type
    :raises ValueError: if the number is too long for any
    """
    kind = type(value)
    if value is None:
        return {"lit": None, "type": type_text or "NULL"}
    if kind is bool:
        return {"lit": value, "type": type_text or "BOOLEAN"}
    if kind is int:
        return _integer(value, type_text)
    if kind is float:
        # as text: JSON has no infinity, and not every reader keeps all digits
        return {"lit": repr(value), "type": type_text or "DOUBLE"}
    if kind is str:
        return {"lit": value, "type": type_text or "STRING"}
    return _other(value, type_text)


def _integer(value: int, type_text: str | None) -> Node:
    if type_text is None:
        if value in _INT:
            type_text = "INT"
        elif value in _BIGINT:
            type_text = "BIGINT"
        elif len(str(abs(value))) <= 38:
            type_text = f"DECIMAL({len(str(abs(value)))}, 0)"
        else:
            raise ValueError(f"{value} has more than the 38 digits of a DECIMAL")
    return {"lit": value if value in _BIGINT else str(value), "type": type_text}


def _other(value: Any, type_text: str | None) -> Node:
    if isinstance(value, (bytes, bytearray)):
        return {"lit": bytes(value).hex(), "type": type_text or "BYTES"}
    if isinstance(value, (list, tuple)) and type_text is None:
        return call("array", *(node(item) for item in value))
    for base in (bool, int, float, str):
        if isinstance(value, base):
            return literal(base(value), type_text)
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return literal(value.item(), type_text)

    from datetime import date, datetime, time, timedelta, timezone
    from decimal import Decimal

    if isinstance(value, Decimal):
        return _decimal(value, type_text)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return {"lit": value.isoformat(" "), "type": type_text or "TIMESTAMP(6)"}
        utc = value.astimezone(timezone.utc).replace(tzinfo=None)
        return {"lit": utc.isoformat(" "), "type": type_text or "TIMESTAMP_LTZ(6)"}
    if isinstance(value, date):
        return {"lit": value.isoformat(), "type": type_text or "DATE"}
    if isinstance(value, time):
        return {"lit": value.isoformat(), "type": type_text or "TIME(0)"}
    if isinstance(value, timedelta):
        return {"lit": value // timedelta(milliseconds=1), "type": type_text or "INTERVAL SECOND(3)"}
    raise TypeError(f"a value of type {type(value).__name__} is no literal: {value!r}")


def _decimal(value: Any, type_text: str | None) -> Node:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is no value of a DECIMAL")
    scale = max(-exponent, 0)
    precision = max(len(digits) + max(exponent, 0), scale, 1)
    if precision > 38:
        raise ValueError(f"{value} has more than the 38 digits of a DECIMAL")
    return {"lit": format(value, "f"), "type": type_text or f"DECIMAL({precision}, {scale})"}


def node(value: Any) -> Node:
    """The node of an expression, of an enumeration's member, or of a plain value."""
    of = getattr(type(value), "_to_json", None)
    if of is not None:
        result: Node = of(value)
        return result
    name = getattr(value, "name", None)
    if isinstance(name, str) and getattr(type(value), "_member_map_", None) is not None:
        return symbol(name)
    return literal(value)


def text(of: Node) -> str:
    """The tree as Flink writes it: ``plus(a, 1)``."""
    if "col" in of:
        return str(of["col"])
    if "call" in of:
        name = "TRY_CAST" if of["call"] == "tryCast" else of["call"]
        args = [text(arg) for arg in of["args"]]
        if "type" in of:
            args.append(of["type"])
        return f"{name}({', '.join(args)})"
    value, kind = of["lit"], of["type"]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind.startswith(("STRING", "CHAR", "VARCHAR")):
        escaped = value.replace("'", "''")
        return f"'{escaped}'"
    return str(value)
