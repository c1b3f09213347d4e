"""What a window function and a trigger are called for at a window's end: the result, then the trigger's clear, its own.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import EventTimeTrigger, TriggerResult, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Forgets(EventTimeTrigger):
    """Flink's own trigger, but it purges where it fires."""

    def on_event_time(self, time, window, ctx):
        result = super().on_event_time(time, window, ctx)
        return TriggerResult.FIRE_AND_PURGE if result.is_fire() else result


class Cleared(ProcessWindowFunction):
    """Counts in the key's state how many of its windows have been cleared so far."""

    cleared = ValueStateDescriptor("cleared", Types.STRING())
    own = ValueStateDescriptor("own", Types.INT())

    def process(self, key, context, elements):
        context.window_state().get_state(self.own).update(len(list(elements)))
        before = context.global_state().get_state(self.cleared).value()
        yield f"{key} {context.window().start} with {len(list(elements))}; cleared before: {before}"

    def clear(self, context):
        cleared = context.global_state().get_state(self.cleared)
        own = context.window_state().get_state(self.own)
        cleared.update(f"{cleared.value() or ''}[{context.window().start} had {own.value()}]")
        own.clear()


keyed = (
    env.from_collection(
        [("a", 1), ("a", 2), ("a", 15), ("b", 3), ("b", 13), ("a", 32), ("a", 33), ("b", 55)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
windows.process(Cleared(), output_type=Types.STRING()).print("own")
windows.trigger(Forgets()).process(Cleared(), output_type=Types.STRING()).print("purging")
env.execute("the end of windows")
