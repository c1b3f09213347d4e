"""Exercise 3.8: a result that says of what it is the result."""

from __future__ import annotations

from flott.datastream import DataStream


def sales_by_product(items: DataStream) -> DataStream:
    """For each product and hour: (product, start of the hour in ms, pieces sold). An item is a tuple (product, pieces).

    ``aggregate(function, window_function)``: the aggregate function keeps one number however many items come, and the
    window function, a ``ProcessWindowFunction``, is given its result once, with the key and ``context.window()``.

    in:  ("tea", 2) at 10 s, ("cup", 1) at 20 s, ("tea", 3) at 3 599 999 ms, and the hour ends
    out: ("tea", 0, 5), ("cup", 0, 1)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#processwindowfunction-with-incremental-aggregation
    """
    raise NotImplementedError("exercise 3.8")
