"""Solution of exercise 1.5."""

from datetime import datetime
from decimal import Decimal

from flott.common import Row, Types
from flott.common.typeinfo import RowTypeInfo
from flott.datastream import DataStream


def header_type() -> RowTypeInfo:
    return Types.ROW_NAMED(
        ["order_id", "user_id", "amount", "quantity", "order_time"],
        [Types.STRING(), Types.STRING(), Types.BIG_DEC(), Types.INT(), Types.SQL_TIMESTAMP()],
    )


def header_rows(orders: DataStream) -> DataStream:
    return orders.map(header_row, output_type=header_type())


def header_row(order: dict[str, str]) -> Row:
    return Row(
        order["order_id"],
        order["user_id"],
        Decimal(order["amount"]),
        int(order["quantity"]),
        datetime.fromisoformat(order["timestamp"]),
    )
