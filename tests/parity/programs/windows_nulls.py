"""Nulls in windows: in records, and as results. A window whose aggregate is null gives nothing.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Last(AggregateFunction):
    """The last value: None where that is a null."""

    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        return [value[2]]

    def get_result(self, accumulator):
        return accumulator[0]

    def merge(self, acc_a, acc_b):
        return acc_b


class Given(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window.start} {list(inputs)}"]


class Nothing(WindowFunction):
    def apply(self, key, window, inputs):
        return []


class Nulls(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {[value for _, _, value in elements]}"


windows = (
    env.from_collection([("a", 1, None), ("b", 2, 5), ("b", 3, None), ("c", 4, None), ("c", 5, 7), ("a", 12, 1)])
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0])
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
)
windows.process(Nulls(), output_type=Types.STRING()).print("nulls")
windows.apply(Nothing(), output_type=Types.STRING()).print("nothing")
windows.aggregate(Last()).map(repr, output_type=Types.STRING()).print("last")
windows.aggregate(Last(), Given(), output_type=Types.STRING()).print("last_given")
windows.reduce(lambda a, b: (a[0], a[1], None)).map(repr, output_type=Types.STRING()).print("reduced")
env.execute("nulls in windows")
