"""Two inputs, one of which lags behind: windows, timers and functions go by the time of the slower one.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
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


def at(watermark):
    # which of the two ends first is open
    return watermark if watermark < 100 else "the end"


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(elements)} at {at(context.current_watermark())}"


class Timers(KeyedCoProcessFunction):
    def process_element1(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 5)

    def process_element2(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 5)

    def on_timer(self, timestamp, ctx):
        yield f"timer {timestamp} of {ctx.get_current_key()} at {at(ctx.timer_service().current_watermark())}"


def stream(name, strategy):
    records = [(name, 10 * n) for n in range(20)]
    return (
        env.from_collection(records, type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
        .rebalance()
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Slow()))
    )


fast = stream("fast", WatermarkStrategy.for_monotonous_timestamps())
slow = stream("slow", WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(100)))
(
    fast.union(slow)
    .key_by(lambda pair: 0, key_type=Types.INT())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(30)))
    .process(Show(), output_type=Types.STRING())
    .print("union")
)
(
    fast.key_by(lambda pair: pair[0], key_type=Types.STRING())
    .connect(slow.key_by(lambda pair: pair[0], key_type=Types.STRING()))
    .process(Timers(), output_type=Types.STRING())
    .print("connected")
)
env.execute("the slower of two")
