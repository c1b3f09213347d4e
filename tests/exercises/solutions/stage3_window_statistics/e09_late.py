"""Solution of exercise 3.9."""

from typing import Any

from flott.common import Time, Types
from flott.datastream import AggregateFunction, DataStream, OutputTag
from flott.datastream.window import TumblingEventTimeWindows

LATE = OutputTag("late", Types.PICKLED_BYTE_ARRAY())


class Count(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


def counted_minutes(orders: DataStream) -> tuple[DataStream, DataStream]:
    minutes = orders.window_all(TumblingEventTimeWindows.of(Time.minutes(1)))
    counts = minutes.allowed_lateness(30_000).side_output_late_data(LATE).aggregate(Count())
    return counts, counts.get_side_output(LATE)
