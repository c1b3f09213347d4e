"""An alarm when a key has been silent: each record deletes the timer of the one before and sets its own."""

import time

from pyflink.common import Configuration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

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


class Silence(KeyedProcessFunction):
    def open(self, runtime_context):
        self.timer = runtime_context.get_state(ValueStateDescriptor("timer", Types.LONG()))
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        if self.timer.value() is not None:
            timers.delete_event_time_timer(self.timer.value())
        timers.register_event_time_timer(ctx.timestamp() + 10)
        self.timer.update(ctx.timestamp() + 10)
        self.count.update((self.count.value() or 0) + 1)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} silent at {timestamp} after {self.count.value()}, noticed at " + str(
            ctx.timer_service().current_watermark()
        )
        self.timer.clear()
        self.count.clear()


(
    env.from_collection(
        [("a", 1), ("b", 3), ("a", 9), ("a", 14), ("b", 15), ("b", 18), ("a", 30), ("b", 41), ("a", 44), ("a", 47)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .process(Silence(), output_type=Types.STRING())
    .print()
)
env.execute("silence")
