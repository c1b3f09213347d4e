"""``sum``, ``min``, ``max``, ``min_by`` and ``max_by`` of a keyed stream, on Python objects and on columns."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from flott.common.typeinfo import BasicTypeInfo
from flott.common.types import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flott.common.typeinfo import TypeInformation

__all__ = ["column_of", "combine", "field_of"]

_CHOOSE: dict[str, Callable[[Any, Any], bool]] = {
    "min": operator.lt,
    "min_by": operator.lt,
    "max": operator.gt,
    "max_by": operator.gt,
}


def field_of(call: str, position: int | str, type_info: TypeInformation) -> int | str:
    """The position, once it is known that records of that type may have such a field.

    :raises TypeError: if it is neither an int nor a str, or the type has no fields and it is not 0
    :raises ValueError: if the type has no such field
    """
    if not isinstance(position, (int, str)):
        raise TypeError(f"{call}() takes the position or the name of a field, an int or a str, not {position!r}")
    types = getattr(type_info, "get_field_types", None)
    if types is not None:
        names = getattr(type_info, "get_field_names", None)
        count = len(types())
        column_of(call, position, [f"f{n}" for n in range(count)] if names is None else names())
    elif position != 0 and isinstance(type_info, BasicTypeInfo):
        raise TypeError(_no_fields(call, position, type_info))
    return position


def column_of(call: str, position: int | str, names: Sequence[str]) -> int:
    """Which of the columns it is.

    :raises ValueError: if it is none of them
    """
    if isinstance(position, str):
        if position in names:
            return list(names).index(position)
    elif -len(names) <= position < len(names):
        return position % len(names)
    raise ValueError(f"{call}({position!r}): there is no such field: the fields are {', '.join(names)}")


def combine(call: str, position: int | str) -> Callable[[Any, Any], Any]:
    """What ``reduce`` calls with the result so far and the next record."""
    better = _CHOOSE.get(call)
    if call in ("min_by", "max_by"):
        assert better is not None

        def choose(before: Any, value: Any) -> Any:
            if isinstance(value, (tuple, list, Row)):
                return value if better(_read(value, position), _read(before, position)) else before
            _check_whole(call, position, value)
            return value if better(value, before) else before

        return choose

    def field(before: Any, value: Any) -> Any:
        if better is None:
            return before + value
        return value if better(value, before) else before

    def replace(before: Any, value: Any) -> Any:
        # the result before may be on its way to other operators: it must not change
        if isinstance(value, tuple):
            at = _index(before, position)
            values = list(before)
            values[at] = field(values[at], value[at])
            return tuple(values)
        if isinstance(value, Row):
            row = Row._make(before._fields, list(before._values), before._row_kind)
            row[position] = field(row[position], value[position])
            return row
        if isinstance(value, list):
            at = _index(before, position)
            values = list(before)
            values[at] = field(values[at], value[at])
            return values
        _check_whole(call, position, value)
        return field(before, value)

    return replace


def _read(value: Any, position: int | str) -> Any:
    return value[position if isinstance(value, Row) else _index(value, position)]


def _index(value: Sequence[Any], position: int | str) -> int:
    if isinstance(position, int):
        return position
    names: Sequence[str] = getattr(value, "_fields", ())
    if position in names:
        return list(names).index(position)
    raise TypeError(f"a {type(value).__name__} has no field names, so no field {position!r}: name it by position")


def _check_whole(call: str, position: int | str, value: Any) -> None:
    if position != 0:
        raise TypeError(_no_fields(call, position, type(value).__name__))


def _no_fields(call: str, position: int | str, of: Any) -> str:
    return f"{call}({position!r}): a value of type {of} has no fields, so that 0, the value itself, is all there is"
