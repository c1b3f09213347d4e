"""The time of a result before or behind its window's end: that of the record that made the window fire.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.window import CountTrigger, TumblingEventTimeWindows

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


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


keyed = (
    env.from_collection(
        [("a", 1), ("a", 13), ("b", 4), ("a", 15), ("b", 2), ("a", 27), ("b", 22), ("a", 14), ("b", 3), ("a", 50)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
late = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(20))).allowed_lateness(20)
late.reduce(lambda a, b: (a[0], a[1] + b[1])).process(Stamp(), output_type=Types.STRING()).print("late")
early = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(20))).trigger(CountTrigger.of(2))
early.reduce(lambda a, b: (a[0], a[1] + b[1])).process(Stamp(), output_type=Types.STRING()).print("early")
env.execute("times of early and late results")
