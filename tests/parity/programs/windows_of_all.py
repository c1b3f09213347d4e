"""Windows of a whole stream, without keys: every kind of function they take.

compare: lines in any order, without subtasks
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import AllWindowFunction, ProcessAllWindowFunction
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Apply(AllWindowFunction):
    def apply(self, window, inputs):
        return [f"{window} {sorted(inputs)}"]


class Process(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield f"{context.window()} {sorted(elements)}"


numbers = env.from_collection([1, 9, 10, 3, 25, 12, 31], type_info=Types.LONG()).assign_timestamps_and_watermarks(
    WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself())
)
tumbling = TumblingEventTimeWindows.of(Time.milliseconds(10))
numbers.window_all(tumbling).reduce(max).print("reduce")
numbers.window_all(tumbling).reduce(max, Apply(), output_type=Types.STRING()).print("reduce_apply")
numbers.window_all(tumbling).reduce(max, Process(), output_type=Types.STRING()).print("reduce_process")
numbers.window_all(tumbling).aggregate(Mean(), output_type=Types.DOUBLE()).print("aggregate")
numbers.window_all(tumbling).aggregate(Mean(), Apply(), output_type=Types.STRING()).print("aggregate_apply")
numbers.window_all(tumbling).aggregate(Mean(), Process(), output_type=Types.STRING()).print("aggregate_process")
numbers.window_all(tumbling).apply(Apply(), output_type=Types.STRING()).print("apply")
numbers.window_all(tumbling).process(Process(), output_type=Types.STRING()).print("process")
sliding = SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
numbers.window_all(sliding).process(Process(), output_type=Types.STRING()).print("sliding")
session = EventTimeSessionWindows.with_gap(Time.milliseconds(9))
numbers.window_all(session).aggregate(Mean(), Process(), output_type=Types.STRING()).print("session")
env.execute("windows of a whole stream")
