"""Exercise 1.8: a stream into a table, and why that may be done twice."""

from __future__ import annotations

from typing import Any

from flott.common.typeinfo import RowTypeInfo


def sales_sink(url: str, row_type: RowTypeInfo) -> Any:
    """Return a sink that writes rows (product, pieces) into the table ``sales (product PRIMARY KEY, pieces)``.

    A row whose product is in the table already replaces it: the statement is ``REPLACE INTO sales ...`` with one ``?``
    a column. A statement is sent for 100 rows, or when the first of them has waited for 200 ms.

    ``JdbcSink.sink(sql, row_type, connection, execution)`` of ``flott.datastream.connectors.jdbc``; the driver's name
    is "org.sqlite.JDBC", for Flink.

    in:  Row("tea", 3), Row("cup", 1), Row("tea", 5)
    out: a table with ("cup", 1), ("tea", 5)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/jdbc/
    """
    raise NotImplementedError("exercise 1.8")
