"""Watermarks behind each record, as functions see them: one less than the greatest time so far, less the bound.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, ProcessFunction, StreamExecutionEnvironment

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


class Show(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value[1]} at {ctx.timestamp()} when {ctx.timer_service().current_watermark()}"


class Timers(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 5)
        yield f"{value[1]} when {ctx.timer_service().current_watermark()}"

    def on_timer(self, timestamp, ctx):
        yield f"timer {timestamp} of {ctx.get_current_key()} when {ctx.timer_service().current_watermark()}"


pairs = env.from_collection(
    [("a", 1), ("b", 10), ("a", 7), ("a", 11), ("b", 30), ("a", 24), ("b", 31)],
    type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
).rebalance()
for name, strategy in (
    ("monotonous", WatermarkStrategy.for_monotonous_timestamps()),
    ("bounded", WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(6))),
    ("none", WatermarkStrategy.no_watermarks()),
):
    timed = pairs.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Slow()))
    timed.process(Show(), output_type=Types.STRING()).print(name)
    timed.key_by(lambda pair: pair[0], key_type=Types.STRING()).process(Timers(), Types.STRING()).print(
        f"{name}_timers"
    )
env.execute("progress of watermarks")
