"""Windows fire when the watermark passes their last millisecond, by the order of their ends, before later records."""

import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import SlidingEventTimeWindows

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


strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(4)).with_timestamp_assigner(Slow())
(
    env.from_collection(
        [("a", 7), ("a", 3), ("a", 12), ("a", 13), ("a", 14), ("a", 9), ("a", 30), ("a", 26), ("a", 55), ("a", 54)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(strategy)
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5)))
    .process(Show(), output_type=Types.STRING())
    .print()
)
env.execute("firing by time")
