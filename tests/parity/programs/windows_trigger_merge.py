"""A trigger for sessions: told when they grow, it merges its state, and sets its timers anew.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ReducingStateDescriptor
from pyflink.datastream.window import EventTimeSessionWindows, Trigger, TriggerResult

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class EndAndEveryThird(Trigger):
    seen = ReducingStateDescriptor("seen", lambda a, b: a + b, Types.LONG())

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        seen = ctx.get_partitioned_state(self.seen)
        seen.add(1)
        return TriggerResult.FIRE if seen.get() % 3 == 0 else TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.FIRE if time == window.max_timestamp() else TriggerResult.CONTINUE

    def can_merge(self):
        return True

    def on_merge(self, window, ctx):
        ctx.merge_partitioned_state(self.seen)
        ctx.register_event_time_timer(window.max_timestamp())

    def clear(self, window, ctx):
        ctx.delete_event_time_timer(window.max_timestamp())
        ctx.get_partitioned_state(self.seen).clear()


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


(
    env.from_collection(
        [
            ("a", 1), ("a", 5), ("a", 12), ("a", 18), ("b", 3), ("a", 20), ("a", 2), ("b", 23), ("b", 30), ("a", 50),
            ("b", 22), ("b", 24), ("b", 60),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .window(EventTimeSessionWindows.with_gap(Time.milliseconds(10)))
    .trigger(EndAndEveryThird())
    .process(Show(), output_type=Types.STRING())
    .print()
)  # fmt: skip
env.execute("a trigger that merges")
