"""Records that come when their windows are over are dropped: all of those in some of theirs, not one that has one left.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

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
        yield f"{key} {context.window()} {sorted(time for _, time in elements)} at {context.current_watermark()}"


keyed = (
    env.from_collection(
        [("a", 1), ("b", 3), ("a", 12), ("a", 9), ("b", 4), ("b", 12), ("a", 8), ("a", 31), ("b", 22), ("b", 19)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
)
ms = Time.milliseconds
keyed.window(TumblingEventTimeWindows.of(ms(10))).process(Show(), output_type=Types.STRING()).print("tumbling")
keyed.window(SlidingEventTimeWindows.of(ms(10), ms(5))).process(Show(), output_type=Types.STRING()).print("sliding")
keyed.window(EventTimeSessionWindows.with_gap(ms(5))).process(Show(), output_type=Types.STRING()).print("session")
env.execute("late records")
