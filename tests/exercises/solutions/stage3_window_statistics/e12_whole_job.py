"""Solution of exercise 3.12."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from flott.common import Duration, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import AggregateFunction, DataStream, OutputTag, ProcessWindowFunction
from flott.datastream.functions import ProcessAllWindowFunction
from flott.datastream.window import TimeWindow, TumblingEventTimeWindows

LATE = OutputTag("late", Types.PICKLED_BYTE_ARRAY())
Order = dict[str, Any]
Totals = tuple[int, int]


@dataclass(frozen=True)
class Statistics:
    minutes: DataStream
    users: DataStream
    late: DataStream


class OrderTime(TimestampAssigner):
    def extract_timestamp(self, value: Order, record_timestamp: int) -> int:
        time = datetime.fromisoformat(value["timestamp"]).replace(tzinfo=timezone.utc)
        return int(time.timestamp()) * 1000


class OrderTotals(AggregateFunction):
    def create_accumulator(self) -> Totals:
        return 0, 0

    def add(self, value: Order, accumulator: Totals) -> Totals:
        return accumulator[0] + 1, accumulator[1] + round(value["amount"] * 100)

    def get_result(self, accumulator: Totals) -> Totals:
        return accumulator

    def merge(self, acc_a: Totals, acc_b: Totals) -> Totals:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class MinuteRow(ProcessAllWindowFunction[Totals, Any, TimeWindow]):
    def process(
        self, context: ProcessAllWindowFunction.Context[TimeWindow], elements: Iterable[Totals]
    ) -> Iterator[Any]:
        for totals in elements:
            yield context.window().start, *totals


class UserRow(ProcessWindowFunction[Totals, Any, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Totals]
    ) -> Iterator[Any]:
        for totals in elements:
            yield key, context.window().start, *totals


def statistics(messages: DataStream) -> Statistics:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    timed = messages.map(json.loads).assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(OrderTime()))
    minutes = timed.window_all(TumblingEventTimeWindows.of(Time.minutes(1)))
    per_minute = minutes.side_output_late_data(LATE).aggregate(OrderTotals(), MinuteRow())
    hours = timed.key_by(lambda order: order["user_id"]).window(TumblingEventTimeWindows.of(Time.hours(1)))
    late = per_minute.get_side_output(LATE).map(lambda order: order["order_id"])
    return Statistics(per_minute, hours.aggregate(OrderTotals(), UserRow()), late)
