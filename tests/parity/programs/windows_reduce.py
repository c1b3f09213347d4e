"""Reduced windows: a lambda and a ReduceFunction, alone and with each kind of window function.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, ReduceFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Join(ReduceFunction):
    def reduce(self, value1, value2):
        return value1[0], min(value1[1], value2[1]), f"{value1[2]}+{value2[2]}"


class Apply(WindowFunction):
    def apply(self, key, window, inputs):
        (only,) = inputs
        yield f"{key} {window} {only}"
        yield f"{key} again"


class Process(ProcessWindowFunction):
    def process(self, key, context, elements):
        return [f"{key} {context.window().end} {only}" for only in elements]


keyed = (
    env.from_collection(
        [("a", 1, "x"), ("a", 9, "y"), ("b", 3, "p"), ("a", 10, "z"), ("a", 2, "w"), ("b", 14, "q"), ("b", 30, "r")],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.STRING()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda order: order[0], key_type=Types.STRING())
)
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(Time.milliseconds(10))),
    ("sliding", SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))),
):
    keyed.window(assigner).reduce(Join()).print(name)
    keyed.window(assigner).reduce(Join(), Apply(), output_type=Types.STRING()).print(f"{name}_apply")
    keyed.window(assigner).reduce(Join(), Process(), output_type=Types.STRING()).print(f"{name}_process")
sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(20)))
sessions.reduce(lambda a, b: (a[0], a[1] + b[1], "sum")).print("lambda")
env.execute("reduced windows")
