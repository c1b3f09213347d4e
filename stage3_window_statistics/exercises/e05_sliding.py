"""Exercise 3.5: windows that overlap."""

from __future__ import annotations

from flott.datastream import DataStream


def orders_of_last_five_minutes(orders: DataStream) -> DataStream:
    """Every minute, for each user: (user, how many orders in the last five minutes). An order is its user's name.

    A sliding window: five minutes long, and a new one begins every minute, so that each order is in five of them.

    in:  "ada" at 30 s, "ada" at 90 s, and event time reaches the end of all windows
    out: ("ada", 1), ("ada", 2), ("ada", 2), ("ada", 2), ("ada", 2), ("ada", 1)

    One way: make each order the pair (user, 1), and reduce.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#sliding-windows
    """
    raise NotImplementedError("exercise 3.5")
