"""Assigners and triggers derived from Flink's own, which change a little of what these do.

compare: lines in any order
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import (
    CountTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TimeWindow,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class WithNext(TumblingEventTimeWindows):
    """A record belongs to the next window too."""

    def assign_windows(self, element, timestamp, context):
        (window,) = super().assign_windows(element, timestamp, context)
        return [window, TimeWindow(window.end, 2 * window.end - window.start)]


class Newest(SlidingEventTimeWindows):
    """The newest of the windows that overlap."""

    def assign_windows(self, element, timestamp, context):
        return list(super().assign_windows(element, timestamp, context))[:1]


class NotAlone(EventTimeSessionWindows):
    """Sessions of which only even records are part."""

    def assign_windows(self, element, timestamp, context):
        return super().assign_windows(element, timestamp, context) if timestamp % 2 == 0 else []


class Pairs(CountTumblingWindowAssigner):
    def get_default_trigger(self, env):
        return CountTrigger.of(2)


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


keyed = (
    env.from_collection(
        [
            ("a", 1),
            ("a", 14),
            ("b", 2),
            ("a", 5),
            ("b", 8),
            ("a", 20),
            ("b", 9),
            ("a", 22),
            ("a", 31),
            ("b", 4),
            ("a", 40),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
for name, assigner in (
    ("next", WithNext(10, 0)),
    ("newest", Newest(10, 5, 0)),
    ("even", NotAlone(8)),
    ("pairs", Pairs(4)),
):
    keyed.window(assigner).process(Show(), output_type=Types.STRING()).print(name)
env.execute("derived assigners")
