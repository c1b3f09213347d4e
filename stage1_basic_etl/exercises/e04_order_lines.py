"""Exercise 1.4: one record in, any number out."""

from __future__ import annotations

from flott.datastream import DataStream


def order_lines(orders: DataStream) -> DataStream:
    """Make of each order a tuple (order_id, line_no, item_id, quantity) for each of its items, numbered from 1.

    An order without items has none, and an order that says nothing of items has none either. ``flat_map()`` takes a
    function that yields as many records as it likes.

    in:  {"order_id": "O1", "items": [{"id": "I001", "quantity": 2}, {"id": "I007", "quantity": 1}]}, {"order_id": "O2"}
    out: ("O1", 1, "I001", 2), ("O1", 2, "I007", 1)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/#flatmap
    """
    raise NotImplementedError("exercise 1.4")
