"""Windows behind windows while time goes on: results come before the watermark that made them, so none is late.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows

config = Configuration()
config.set_string("pipeline.auto-watermark-interval", "1 ms")
# each record is handed on at once, and a watermark follows each
config.set_string("python.fn-execution.bundle.size", "1")
config.set_string("flott.watermark-every", "1")
env = StreamExecutionEnvironment.get_execution_environment(config)
env.set_parallelism(1)


class Slow(TimestampAssigner):
    """Slower than the interval of watermarks, so that one comes before the next record."""

    def extract_timestamp(self, value, record_timestamp):
        time.sleep(0.03)
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        sums = sorted(number for _, _, number in elements)
        yield f"{key} {context.window().start} {sums} at {context.current_watermark()}"


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()} when {ctx.timer_service().current_watermark()}"


record = Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()])
short = (
    env.from_collection(
        [
            ("a", 1, 1),
            ("b", 4, 2),
            ("a", 9, 4),
            ("a", 12, 8),
            ("b", 19, 16),
            ("b", 29, 32),
            ("a", 30, 64),
            ("a", 61, 128),
        ],
        type_info=record,
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .reduce(lambda a, b: (a[0], a[1], a[2] + b[2]))
)
short.process(Stamp(), output_type=Types.STRING()).print("short")
late = OutputTag("late", Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]))
long = (
    short.key_by(lambda value: value[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(30)))
    .side_output_late_data(late)
    .process(Show(), output_type=Types.STRING())
)
long.print("long")
long.get_side_output(late).print("late")
env.execute("windows behind windows in progress")
