"""Solution of exercise 3.8."""

from collections.abc import Iterable, Iterator
from typing import Any

from flott.common import Time
from flott.datastream import AggregateFunction, DataStream, ProcessWindowFunction
from flott.datastream.window import TimeWindow, TumblingEventTimeWindows


class Pieces(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: tuple[str, int], accumulator: int) -> int:
        return accumulator + value[1]

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


class WithWindow(ProcessWindowFunction[int, Any, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[int]
    ) -> Iterator[Any]:
        for pieces in elements:
            yield key, context.window().start, pieces


def sales_by_product(items: DataStream) -> DataStream:
    hours = items.key_by(lambda item: item[0]).window(TumblingEventTimeWindows.of(Time.hours(1)))
    return hours.aggregate(Pieces(), WithWindow())
