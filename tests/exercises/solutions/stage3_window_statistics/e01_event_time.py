"""Solution of exercise 3.1."""

from typing import Any

from flott.common import Duration, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream


class OrderTime(TimestampAssigner):
    def extract_timestamp(self, value: dict[str, Any], record_timestamp: int) -> int:
        return value["time"] * 1000


def with_event_time(orders: DataStream) -> DataStream:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    return orders.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(OrderTime()))
