"""Exercise 1.5: types that a database understands."""

from __future__ import annotations

from flott.common.typeinfo import RowTypeInfo
from flott.datastream import DataStream


def header_type() -> RowTypeInfo:
    """Return the type of a row of the table order_header.

    Columns, in this order: order_id (text), user_id (text), amount (money: ``Types.BIG_DEC()``), quantity (INT),
    order_time (``Types.SQL_TIMESTAMP()``). ``Types.ROW_NAMED(names, types)`` makes it.
    """
    raise NotImplementedError("exercise 1.5")


def header_rows(orders: DataStream) -> DataStream:
    """Make of each order, a dict of texts, a ``Row`` of the type above: ``map(function, output_type=...)``.

    Money is ``Decimal(text)``, never ``float``; ``datetime.fromisoformat`` reads the time; ``int`` the quantity.

    in:  {"order_id": "O1", "user_id": "U7", "amount": "12.50", "quantity": "2", "timestamp": "2024-01-01 10:00:00"}
    out: Row("O1", "U7", Decimal("12.50"), 2, datetime(2024, 1, 1, 10, 0))

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/python/datastream/data_types/
    """
    raise NotImplementedError("exercise 1.5")
