"""Windows of event time in BATCH mode: nothing is late, whatever order the records come in. (Windows that keep all
their records, and sessions, are in docs/divergences.md.)

compare: lines in any order, without subtasks
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import (
    AggregateFunction,
    ProcessWindowFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from pyflink.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Sum(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value[2]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(e if isinstance(e, int) else e[2] for e in elements)}"


keyed = (
    env.from_collection(
        [
            ("a", 5_000, 1), ("b", 1, 2), ("a", 1, 4), ("a", 4_999, 8), ("c", 3, 16), ("b", 9_000, 32), ("a", 2, 64),
            ("b", 2, 128),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)  # fmt: skip
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(Time.seconds(5))),
    ("sliding", SlidingEventTimeWindows.of(Time.seconds(5), Time.milliseconds(2_500))),
):
    windows = keyed.window(assigner)
    windows.reduce(lambda a, b: (a[0], min(a[1], b[1]), a[2] + b[2])).print(name)
    windows.reduce(lambda a, b: (a[0], min(a[1], b[1]), a[2] + b[2]), Show(), Types.STRING()).print(f"{name}_reduced")
    windows.aggregate(Sum(), Show(), output_type=Types.STRING()).print(f"{name}_aggregated")
keyed.window_all(TumblingEventTimeWindows.of(Time.seconds(5))).aggregate(Sum(), output_type=Types.INT()).print("all")
env.execute("windows in batch mode")
