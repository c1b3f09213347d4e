"""Solution of exercise 3.10."""

from typing import Any

from flott.common import Time
from flott.datastream import AggregateFunction, DataStream
from flott.datastream.window import TumblingEventTimeWindows, TumblingProcessingTimeWindows


class Count(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


def by_event_time(orders: DataStream) -> DataStream:
    return orders.window_all(TumblingEventTimeWindows.of(Time.minutes(1))).aggregate(Count())


def by_processing_time(orders: DataStream) -> DataStream:
    return orders.window_all(TumblingProcessingTimeWindows.of(Time.minutes(1))).aggregate(Count())
