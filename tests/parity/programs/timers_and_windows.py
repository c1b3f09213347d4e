"""A keyed process function behind windows: its timers are set by the times of results, and fire behind them.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class TopOfEach(KeyedProcessFunction):
    """The greatest sum among the results of one window: they all have its time."""

    def open(self, runtime_context):
        self.results = runtime_context.get_list_state(ListStateDescriptor("results", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value, ctx):
        self.results.add((value[2], value[0], ctx.timestamp()))
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 1)

    def on_timer(self, timestamp, ctx):
        total, name, time = max(self.results.get())
        yield f"until {timestamp}: {name} with {total} at {time}, of {len(list(self.results.get()))}"
        self.results.clear()


order = Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()])
(
    env.from_collection(
        [("a", 1, 5), ("b", 2, 9), ("a", 5, 3), ("c", 7, 1), ("b", 12, 2), ("a", 18, 1), ("c", 25, 4), ("a", 3, 2)],
        type_info=order,
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .reduce(lambda a, b: (a[0], a[1] // 10 * 10, a[2] + b[2]))
    .key_by(lambda value: value[1] // 10, key_type=Types.LONG())
    .process(TopOfEach(), output_type=Types.STRING())
    .print()
)
env.execute("top of each window")
