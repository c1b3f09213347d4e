"""Expressions that look at the events matched so far, beside ``col("amount")`` for the event at hand::

    rising = Pattern.begin("a").next("b").where(col("amount") > last("a", "amount"))

They are evaluated on columns without Python. SQL's MATCH_RECOGNIZE writes ``LAST(A.amount)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott.table.expression import Expression

__all__ = ["first", "last"]


def first(pattern: str, column: str) -> Expression:
    """A column of the first event that the partial match has under that pattern; NULL without one."""
    return _of("cepFirst", pattern, column)


def last(pattern: str, column: str) -> Expression:
    """A column of the last event that the partial match has under that pattern; NULL without one."""
    return _of("cepLast", pattern, column)


def _of(call: str, pattern: str, column: str) -> Expression:
    from flott.table import _nodes as nodes
    from flott.table.expression import Expression

    for given, what in ((pattern, "the name of a pattern"), (column, "the name of a column")):
        if not isinstance(given, str):
            raise TypeError(f"{'first' if call == 'cepFirst' else 'last'}() takes {what}, not {given!r}")
    return Expression(nodes.call(call, nodes.literal(pattern), {"col": column}))
