"""Timers of a trigger: set, set twice, deleted, set again while another fires; each window has its own.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor
from pyflink.datastream.window import (
    GlobalWindows,
    SlidingEventTimeWindows,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Halves(Trigger):
    """Fires for each timer: one 2 behind each record, less those that the next record deletes, and one 100 later."""

    fired = ListStateDescriptor("fired", Types.LONG())

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(timestamp + 2)
        ctx.register_event_time_timer(timestamp + 2)
        ctx.delete_event_time_timer(timestamp + 1)
        return TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        fired = ctx.get_partitioned_state(self.fired)
        fired.add(time)
        if len(list(fired.get())) == 1:
            ctx.register_event_time_timer(time + 100)
        return TriggerResult.FIRE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.fired).clear()


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        fired = context.window_state().get_list_state(ListStateDescriptor("firings", Types.INT()))
        fired.add(len(list(elements)))
        yield f"{key} {context.window()} {[time for _, time in elements]} {list(fired.get())}"


keyed = (
    env.from_collection(
        [("a", 1), ("a", 2), ("a", 5), ("b", 3), ("b", 13), ("a", 12)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
ms = Time.milliseconds
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(ms(10))),
    ("sliding", SlidingEventTimeWindows.of(ms(10), ms(5))),
    ("global", GlobalWindows.create()),
):
    keyed.window(assigner).trigger(Halves()).process(Show(), output_type=Types.STRING()).print(name)
env.execute("timers of a trigger")
