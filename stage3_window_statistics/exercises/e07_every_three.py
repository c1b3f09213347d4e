"""Exercise 3.7: a window without time."""

from __future__ import annotations

from flott.datastream import DataStream


def every_three_orders(orders: DataStream) -> DataStream:
    """With each third order of a user: (user, cents of these three). An order is a tuple (user, cents).

    ``count_window(3)`` behind ``key_by``. Time plays no part: the fourth order waits for two more, however long it
    takes.

    in:  ("ada", 1), ("ada", 2), ("bob", 9), ("ada", 4), ("ada", 100)
    out: ("ada", 7)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/
    """
    raise NotImplementedError("exercise 3.7")
