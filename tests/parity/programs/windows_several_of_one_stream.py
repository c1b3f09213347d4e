"""One keyed stream in several windows at a time: none takes records from another.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Sum(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window}: {sum(number for _, _, number in inputs)}"]


class Total(KeyedProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))

    def process_element(self, value, ctx):
        self.total.update((self.total.value() or 0) + value[2])
        ctx.timer_service().register_event_time_timer(100)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()}: {self.total.value()}"


keyed = (
    env.from_collection(
        [("a", 1, 1), ("b", 2, 2), ("a", 12, 4), ("a", 3, 8), ("b", 13, 16), ("a", 25, 32), ("b", 14, 64)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
ms = Time.milliseconds
tumbling = keyed.window(TumblingEventTimeWindows.of(ms(10)))
tumbling.apply(Sum(), output_type=Types.STRING()).print("tumbling")
# the same windows once more, with another trigger and another function
tumbling.trigger(CountTrigger.of(2)).reduce(lambda a, b: (a[0], 0, a[2] + b[2])).print("counted")
keyed.window(SlidingEventTimeWindows.of(ms(20), ms(10))).apply(Sum(), Types.STRING()).print("sliding")
keyed.window(EventTimeSessionWindows.with_gap(ms(11))).apply(Sum(), Types.STRING()).print("session")
keyed.count_window(2).apply(Sum(), Types.STRING()).print("count")
keyed.window_all(TumblingEventTimeWindows.of(ms(10))).reduce(lambda a, b: (a[0], 0, a[2] + b[2])).map(
    lambda value: value[2], output_type=Types.INT()
).print("all")
keyed.process(Total(), output_type=Types.STRING()).print("total")
env.execute("several windows")
