"""Aggregated windows: accumulators that are new each time or changed in place, with and without a window function.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0.0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value[2], accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Products(AggregateFunction):
    def create_accumulator(self):
        return {}

    def add(self, value, accumulator):
        accumulator[value[2]] = accumulator.get(value[2], 0) + 1
        return accumulator

    def get_result(self, accumulator):
        return str(sorted(accumulator.items()))

    def merge(self, acc_a, acc_b):
        return {name: acc_a.get(name, 0) + acc_b.get(name, 0) for name in {**acc_a, **acc_b}}


class Apply(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window.start}: {result}" for result in inputs]


class Process(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} until {context.window().end}: {list(elements)}"


keyed = (
    env.from_collection(
        [("a", 1, 4.0), ("a", 9, 1.0), ("b", 3, 2.5), ("a", 10, 8.0), ("a", 2, 4.0), ("b", 14, 0.5), ("b", 12, 0.5)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.DOUBLE()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda order: order[0], key_type=Types.STRING())
)
tumbling = TumblingEventTimeWindows.of(Time.milliseconds(10))
sliding = SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
pair = Types.TUPLE([Types.DOUBLE(), Types.INT()])
keyed.window(tumbling).aggregate(Mean(), accumulator_type=pair, output_type=Types.DOUBLE()).print("mean")
keyed.window(tumbling).aggregate(Mean(), Apply(), pair, Types.STRING()).print("mean_apply")
keyed.window(sliding).aggregate(Mean(), Process(), pair, Types.STRING()).print("mean_sliding")
keyed.window(tumbling).aggregate(Products(), output_type=Types.STRING()).print("products")
keyed.window(sliding).aggregate(Products(), Process(), output_type=Types.STRING()).print("products_sliding")
keyed.count_window(2).aggregate(Mean(), output_type=Types.DOUBLE()).print("mean_of_two")
env.execute("aggregated windows")
