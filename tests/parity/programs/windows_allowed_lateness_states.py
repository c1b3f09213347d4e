"""State of a window lives as long as the window is kept for late records; clear is called when that is over.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor
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


class Firings(ProcessWindowFunction):
    firings = ValueStateDescriptor("firings", Types.INT())
    cleared = ValueStateDescriptor("cleared", Types.STRING())

    def process(self, key, context, elements):
        firings = context.window_state().get_state(self.firings)
        firings.update((firings.value() or 0) + 1)
        cleared = context.global_state().get_state(self.cleared)
        yield f"{context.window()} firing {firings.value()} of {len(list(elements))}; cleared: {cleared.value()}"

    def clear(self, context):
        firings = context.window_state().get_state(self.firings)
        cleared = context.global_state().get_state(self.cleared)
        cleared.update(f"{cleared.value() or ''}[{context.window().start} after {firings.value()}]")
        firings.clear()


(
    env.from_collection(
        [("a", 1), ("a", 12), ("a", 3), ("a", 14), ("a", 2), ("a", 26), ("a", 15), ("a", 36), ("a", 55), ("a", 60)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .allowed_lateness(12)
    .process(Firings(), output_type=Types.STRING())
    .print()
)
env.execute("state and lateness")
