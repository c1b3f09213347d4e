"""Expressions over the columns of a stream: ``col("price") * col("quantity") > 100``.

An expression is only a description; the engine evaluates it on whole columns, without Python. What each
function means is in Flink's documentation:
https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/functions/systemfunctions/
"""

from __future__ import annotations

from typing import Any

from flott.table._collections import Collections
from flott.table._numbers import Numbers
from flott.table._tables import Tables
from flott.table._texts import Texts
from flott.table._times import Times
from flott.table._units import (
    JsonExistsOnError,
    JsonOnNull,
    JsonQueryOnEmptyOrError,
    JsonQueryWrapper,
    JsonType,
    JsonValueOnEmptyOrError,
    TimeIntervalUnit,
    TimePointUnit,
)

__all__ = [
    "Expression",
    "JsonExistsOnError",
    "JsonOnNull",
    "JsonQueryOnEmptyOrError",
    "JsonQueryWrapper",
    "JsonType",
    "JsonValueOnEmptyOrError",
    "TimeIntervalUnit",
    "TimePointUnit",
]


class Expression(Numbers, Texts, Times, Collections, Tables):
    """A column, a value, or a function of them. Made by :func:`flott.table.expressions.col` and ``lit``.

    Python's operators make new expressions::

        price, quantity = col("price"), col("quantity")
        total = (price * quantity).round(2).alias("total")
        stream.filter((price > 0) & quantity.is_not_null).select(col("id"), total)

    ``==``, ``&``, ``|`` and ``~`` do too, so an expression is neither true nor false: ``and``, ``or``, ``not``
    and ``if`` raise TypeError. ``~a`` is ``a.is_not_true`` as in PyFlink, true also where ``a`` is NULL.
    A field of a row is reached by ``col("user").get("name")`` or ``col("user").name``.
    """

    __slots__ = ()

    def __class_getitem__(cls, _: Any) -> type[Expression]:
        """``Expression[bool]`` is allowed in annotations, as in PyFlink."""
        return cls
