"""Solution of exercise 1.4."""

from collections.abc import Iterator
from typing import Any

from flott.datastream import DataStream


def order_lines(orders: DataStream) -> DataStream:
    return orders.flat_map(lines)


def lines(order: dict[str, Any]) -> Iterator[tuple[str, int, str, int]]:
    for number, item in enumerate(order.get("items", []), start=1):
        yield order["order_id"], number, item["id"], item["quantity"]
