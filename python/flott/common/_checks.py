"""Checks that turn a Python value into a value of a declared type, or say where and why it is not one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flott.common.types import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flott.common.typeinfo import TypeInformation


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
    elif isinstance(given, str):
        hint = f"; write Types.{type_name(given) or 'STRING'}()"
    raise TypeError(f"{what} is type information such as Types.STRING(), not {_shorten(given)}{hint}")


#: What types are called elsewhere.
_OTHER_NAMES = {
    "ANY": "PICKLED_BYTE_ARRAY", "ARRAY": "BASIC_ARRAY", "BIGINT": "LONG", "BINARY": "PRIMITIVE_ARRAY",
    "BOOL": "BOOLEAN", "BYTES": "PRIMITIVE_ARRAY",
    "DATE": "SQL_DATE", "DATETIME": "SQL_TIMESTAMP", "DECIMAL": "BIG_DEC", "DICT": "MAP",
    "FLOAT64": "DOUBLE", "INT64": "LONG", "INTEGER": "INT", "JSON": "PICKLED_BYTE_ARRAY", "NUMERIC": "BIG_DEC",
    "OBJECT": "PICKLED_BYTE_ARRAY", "PYTHON": "PICKLED_BYTE_ARRAY", "SMALLINT": "SHORT", "STR": "STRING",
    "TEXT": "STRING", "TIME": "SQL_TIME", "TIMESTAMP": "SQL_TIMESTAMP", "VARCHAR": "STRING",
}  # fmt: skip


def type_name(name: str) -> str | None:
    """The name in ``Types`` of what may be called otherwise; None if nothing is near."""
    from difflib import get_close_matches

    from flott.common.typeinfo import Types

    known = [each for each in dir(Types) if each.isupper()]
    upper = name.upper()
    if upper in known:
        return upper
    return _OTHER_NAMES.get(upper) or next(iter(get_close_matches(upper, known, n=1)), None)


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


def text(given: Any, what: str) -> str:
    """``given`` if it is a str; ``what`` names it in the TypeError otherwise."""
    if isinstance(given, str):
        return given
    raise TypeError(f"{what} is a str, not {_shorten(given)}")


def parallelism(given: Any, what: str) -> int:
    """``given`` if it is a number of subtasks or, for the default, -1.

    :raises TypeError: if it is not a number
    :raises ValueError: if it is 0 or less than -1
    """
    if not isinstance(given, int) or isinstance(given, bool):
        raise TypeError(f"{what} is an int, the number of subtasks, not {_shorten(given)}")
    if given < 1 and given != -1:
        raise ValueError(f"{what} is at least 1, not {given}")
    return given


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
