"""Exercise 3.1: records get their time, and time moves."""

from __future__ import annotations

from flott.datastream import DataStream


def with_event_time(orders: DataStream) -> DataStream:
    """Give each order its own time, and let the watermark stay 5 seconds behind the latest order.

    An order is a dict; ``order["time"]`` is its time, in SECONDS since 1970. Flink counts in milliseconds.

    ``orders.assign_timestamps_and_watermarks(strategy)``; the strategy is
    ``WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))`` ``.with_timestamp_assigner(...)``, and
    the assigner an object of a class that extends ``TimestampAssigner`` (``flott.common.watermark_strategy``) with
    ``extract_timestamp(self, value, record_timestamp)``.

    in:  {"id": 1, "time": 100}
    out: the same order, with the timestamp 100000; the watermark behind it is 94999

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/event-time/generating_watermarks/
    """
    raise NotImplementedError("exercise 3.1")
