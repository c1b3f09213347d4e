"""Exercise 3.3: a window of a minute."""

from __future__ import annotations

from flott.datastream import DataStream


def largest_of_each_minute(orders: DataStream) -> DataStream:
    """Give the largest order of each minute of event time. An order is a tuple (order_id, cents).

    The stream has its timestamps and watermarks already. All orders are in one window here: ``window_all()``, with
    ``TumblingEventTimeWindows`` of ``flott.datastream.window``, and then ``reduce()``. Of two equal ones take the
    first.

    in:  ("O1", 500) at 10 s, ("O2", 900) at 50 s, ("O3", 100) at 70 s, and event time reaches 120 s
    out: ("O2", 900), ("O3", 100)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#tumbling-windows
    """
    raise NotImplementedError("exercise 3.3")
