"""A trigger of the program's own: it counts in state, sets timers, fires, fires and purges, purges.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ReducingStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import Trigger, TriggerResult, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Commands(Trigger):
    """Does what records say, and fires at the window's end; every third record fires too."""

    seen = ReducingStateDescriptor("seen", lambda a, b: a + b, Types.LONG())
    last = ValueStateDescriptor("last", Types.STRING())

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        seen, last = ctx.get_partitioned_state(self.seen), ctx.get_partitioned_state(self.last)
        seen.add(1)
        before = last.value()
        last.update(element[2])
        if element[2] == "purge":
            return TriggerResult.PURGE
        if element[2] == "fire":
            return TriggerResult.FIRE
        if element[2] == "fire and purge":
            return TriggerResult.FIRE_AND_PURGE
        if element[2] == "same as before" and before == element[2]:
            return TriggerResult.FIRE_AND_PURGE
        return TriggerResult.FIRE if seen.get() == 3 else TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.FIRE if time == window.max_timestamp() else TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.seen).clear()
        ctx.get_partitioned_state(self.last).clear()


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window().start} {[time for _, time, _ in elements]}"


records = [
    ("a", 1, "-"), ("a", 2, "fire"), ("a", 3, "third"), ("a", 4, "-"), ("b", 1, "-"), ("b", 2, "purge"), ("b", 3, "-"),
    ("c", 1, "-"), ("c", 2, "fire and purge"), ("c", 3, "-"), ("c", 4, "-"), ("a", 11, "-"), ("b", 12, "purge"),
    ("d", 5, "same as before"), ("d", 6, "same as before"), ("d", 15, "same as before"), ("d", 7, "same as before"),
    ("c", 13, "fire and purge"),
]  # fmt: skip
keyed = (
    env.from_collection(records, type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.STRING()]))
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).trigger(Commands())
windows.process(Show(), output_type=Types.STRING()).print("shown")
windows.reduce(lambda a, b: (a[0], a[1] + b[1], b[2])).print("reduced")
env.execute("a trigger of its own")
