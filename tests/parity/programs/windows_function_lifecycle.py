"""A window function is opened before its first window and closed behind its last, with a copy for each operator.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Numbered(ProcessWindowFunction):
    def __init__(self):
        self.events = ["made"]

    def open(self, runtime_context):
        self.events.append(f"opened {runtime_context.get_index_of_this_subtask()}")
        self.of_key = runtime_context.get_state(ValueStateDescriptor("of key", Types.INT()))
        self.calls = 0

    def process(self, key, context, elements):
        self.calls += 1
        self.of_key.update((self.of_key.value() or 0) + 1)
        yield f"{key} {context.window().start}: {self.events}, {self.of_key.value()} of this key"

    def clear(self, context):
        if len(self.events) == 2:
            self.events.append("cleared")


class Opened(WindowFunction):
    def open(self, runtime_context):
        self.times = 10

    def apply(self, key, window, inputs):
        return [f"{key} {window.start}: {self.times * result}" for result in inputs]


class Count(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + 1

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


numbered = Numbered()
windows = (
    env.from_collection(
        [("a", 1), ("b", 12), ("a", 23), ("a", 34), ("b", 45)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
)
windows.process(numbered, output_type=Types.STRING()).print("one")
windows.process(numbered, output_type=Types.STRING()).print("other")
windows.aggregate(Count(), Opened(), output_type=Types.STRING()).print("opened")
env.execute("life of a window function")
