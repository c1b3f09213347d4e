"""Expressions and data types of the Table API. Mirrors the part of ``pyflink.table`` that streams use.

https://nightlies.apache.org/flink/flink-docs-release-1.20/api/python/reference/pyflink.table/index.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott._lazy import lazy_exports

if TYPE_CHECKING:
    from flott.common.types import Row, RowKind
    from flott.table.expression import Expression
    from flott.table.types import DataType, DataTypes

__all__ = ["DataType", "DataTypes", "Expression", "Row", "RowKind"]

__getattr__ = lazy_exports(
    "flott",
    globals(),
    {
        "DataType": "table.types",
        "DataTypes": "table.types",
        "Expression": "table.expression",
        "Row": "common.types",
        "RowKind": "common.types",
    },
)
