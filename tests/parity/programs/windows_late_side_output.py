"""Late records go to a side output, once each, with their own times, if all their windows are over.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
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
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


keyed = (
    env.from_collection(
        [("a", 1), ("b", 3), ("a", 12), ("a", 9), ("b", 4), ("b", 12), ("a", 8), ("a", 31), ("b", 29), ("b", 19)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
)
ms = Time.milliseconds
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(ms(10))),
    ("sliding", SlidingEventTimeWindows.of(ms(10), ms(5))),
    ("session", EventTimeSessionWindows.with_gap(ms(5))),
):
    late = OutputTag("late", Types.TUPLE([Types.STRING(), Types.LONG()]))
    results = keyed.window(assigner).side_output_late_data(late).process(Show(), output_type=Types.STRING())
    results.print(name)
    results.get_side_output(late).process(Stamp(), output_type=Types.STRING()).print(f"{name}_late")
env.execute("late records to a side output")
