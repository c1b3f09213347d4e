"""Each kind of state in a trigger belongs to the key and the window, and is empty for the next window.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from pyflink.datastream.window import SlidingEventTimeWindows, Trigger, TriggerResult

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Longest(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return max(value, accumulator)

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return max(acc_a, acc_b)


STATES = (
    ValueStateDescriptor("value", Types.LONG()),
    ListStateDescriptor("list", Types.LONG()),
    MapStateDescriptor("map", Types.LONG(), Types.STRING()),
    ReducingStateDescriptor("reducing", lambda a, b: a + b, Types.LONG()),
    AggregatingStateDescriptor("aggregating", Longest(), Types.LONG()),
)


class Careful(Trigger):
    """Fires when all of its states say the same: two records, the second later than the first by 2 at least."""

    def on_element(self, element, timestamp, window, ctx):
        first, times, texts, total, latest = (ctx.get_partitioned_state(state) for state in STATES)
        if first.value() is None:
            first.update(timestamp)
        times.add(timestamp)
        texts.put(timestamp, element[0])
        total.add(timestamp)
        latest.add(timestamp)
        same = [len(list(times.get())) == 2, len(list(texts.keys())) == 2, total.get() - first.value() == latest.get()]
        return TriggerResult.FIRE if all(same) and latest.get() - first.value() >= 2 else TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        for state in STATES:
            ctx.get_partitioned_state(state).clear()


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window} {[time for _, time in inputs]}"]


(
    env.from_collection(
        [
            ("a", 1),
            ("a", 4),
            ("b", 2),
            ("b", 3),
            ("a", 6),
            ("b", 13),
            ("a", 12),
            ("b", 19),
            ("a", 20),
            ("c", 30),
            ("c", 28),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .window(SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5)))
    .trigger(Careful())
    .apply(Show(), output_type=Types.STRING())
    .print()
)
env.execute("states of a trigger")
