"""The time of a result is the last millisecond of its window, and goes with it through map and filter.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


keyed = (
    env.from_collection(
        [("a", 1), ("a", 13), ("b", 4), ("a", 15), ("b", 2), ("a", 27), ("b", 22)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
ms = Time.milliseconds
for name, windows in (
    ("tumbling", keyed.window(TumblingEventTimeWindows.of(ms(20)))),
    ("sliding", keyed.window(SlidingEventTimeWindows.of(ms(20), ms(10)))),
    ("session", keyed.window(EventTimeSessionWindows.with_gap(ms(5)))),
):
    results = windows.reduce(lambda a, b: (a[0], a[1] + b[1]))
    results.process(Stamp(), output_type=Types.STRING()).print(name)
    mapped = results.map(lambda pair: pair[1], output_type=Types.LONG()).filter(lambda total: total > 5)
    mapped.process(Stamp(), output_type=Types.STRING()).print(f"{name}_mapped")
env.execute("times of results")
