"""The split: rows of the two tables, from one operator."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.flink_order_etl import HEADER_TYPE
from stage2_data_transformation.order_splitter import LINES, SplitOrder
from utils.order_models import Order, OrderItem


def test_an_order_becomes_a_header_and_lines() -> None:
    """By hand: 49.99 x 1 = 49.99 and 25 x 2 = 50.00; an order without items has a header alone."""
    ordered, loaded = datetime(2024, 1, 1, 10), datetime(2024, 1, 2, 3, 4, 5)
    items = (OrderItem("I001", "茶杯 🍵", Decimal("49.99"), 1), OrderItem("I002", None, Decimal(25), 2))
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    orders = env.from_collection(
        [
            Order("1001", "U1", Decimal("99.99"), "completed", ordered, items),
            Order("1002", "U2", Decimal("5"), "pending", ordered),
        ]
    )
    headers = orders.process(SplitOrder(loaded), output_type=HEADER_TYPE)
    with headers.execute_and_collect() as rows:
        assert [tuple(row) for row in rows] == [
            ("1001", "U1", Decimal("99.99"), "completed", ordered, loaded),
            ("1002", "U2", Decimal("5.00"), "pending", ordered, loaded),
        ]
    with headers.get_side_output(LINES).execute_and_collect() as rows:
        assert [tuple(row) for row in rows] == [
            ("1001", 1, "I001", "茶杯 🍵", Decimal("49.99"), 1, Decimal("49.99")),
            ("1001", 2, "I002", None, Decimal("25.00"), 2, Decimal("50.00")),
        ]
