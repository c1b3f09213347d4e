"""Late records of windows over a whole stream: dropped, to a side output, and within the allowed lateness.

compare: lines in any order, without subtasks
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessAllWindowFunction
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


class Show(ProcessAllWindowFunction):
    def process(self, context, elements):
        times = [time for _, time in elements]
        yield f"{context.window()} {times}"


records = (
    env.from_collection(
        [("a", 1), ("b", 12), ("a", 8), ("a", 14), ("b", 16), ("a", 9), ("a", 22), ("b", 11), ("a", 35), ("b", 21)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
)
for name, lateness in (("none", 0), ("five", 5)):
    late = OutputTag("late", Types.TUPLE([Types.STRING(), Types.LONG()]))
    windows = records.window_all(TumblingEventTimeWindows.of(Time.milliseconds(10))).allowed_lateness(lateness)
    results = windows.side_output_late_data(late).process(Show(), output_type=Types.STRING())
    results.print(name)
    results.get_side_output(late).print(f"{name}_late")
env.execute("late records of all")
