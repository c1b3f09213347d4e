"""A trigger made of two of Flink's own: early results by count, the final one by time, then nothing is kept.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    EventTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class EarlyAndFinal(Trigger):
    def __init__(self, count):
        self.early = CountTrigger.of(count)
        self.final = PurgingTrigger.of(EventTimeTrigger.create())

    def on_element(self, element, timestamp, window, ctx):
        early = self.early.on_element(element, timestamp, window, ctx)
        final = self.final.on_element(element, timestamp, window, ctx)
        return final if final.is_fire() else early

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return self.final.on_event_time(time, window, ctx)

    def can_merge(self):
        return self.early.can_merge() and self.final.can_merge()

    def on_merge(self, window, ctx):
        self.early.on_merge(window, ctx)
        self.final.on_merge(window, ctx)

    def clear(self, window, ctx):
        self.early.clear(window, ctx)
        self.final.clear(window, ctx)


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
            ("b", 8),
            ("a", 7),
            ("a", 12),
            ("b", 9),
            ("a", 40),
            ("a", 8),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
ms = Time.milliseconds
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(ms(10))),
    ("sliding", SlidingEventTimeWindows.of(ms(10), ms(5))),
    ("session", EventTimeSessionWindows.with_gap(ms(15))),
):
    keyed.window(assigner).trigger(EarlyAndFinal(2)).process(Show(), output_type=Types.STRING()).print(name)
    keyed.window(assigner).trigger(EarlyAndFinal(3)).reduce(lambda a, b: (a[0], a[1] + b[1])).print(f"{name}_reduced")
env.execute("a trigger of two")
