"""Exercise 1.3: some records go on, the others don't."""

from __future__ import annotations

from flott.datastream import DataStream


def completed_above(orders: DataStream, least: float) -> DataStream:
    """Keep the orders whose status is "completed" and whose amount is at least ``least``.

    The orders are dicts. ``filter()`` keeps the records for which its function is true.

    in:  {"status": "completed", "amount": 12.5}, {"status": "failed", "amount": 99}, and least = 10
    out: {"status": "completed", "amount": 12.5}

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/#filter
    """
    raise NotImplementedError("exercise 1.3")
