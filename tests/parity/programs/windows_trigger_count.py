"""A count instead of the time: windows of event time fire with every so many records, and never at their end.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


keyed = (
    env.from_collection(
        [
            ("a", 1),
            ("a", 3),
            ("b", 2),
            ("a", 14),
            ("a", 5),
            ("a", 6),
            ("b", 13),
            ("a", 12),
            ("a", 8),
            ("b", 4),
            ("a", 9),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
ms = Time.milliseconds
two = CountTrigger.of(2)
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(ms(10))),
    ("sliding", SlidingEventTimeWindows.of(ms(10), ms(5))),
    ("session", EventTimeSessionWindows.with_gap(ms(20))),
):
    keyed.window(assigner).trigger(two).process(Show(), output_type=Types.STRING()).print(name)
    keyed.window(assigner).trigger(PurgingTrigger.of(two)).process(Show(), Types.STRING()).print(f"{name}_purging")
env.execute("counts in windows of time")
