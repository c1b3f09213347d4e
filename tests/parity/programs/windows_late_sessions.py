"""Late records and sessions: one that touches a session still kept joins it; one whose own session is over is late.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows

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
        # b's records move the time, a's come late
        [
            ("a", 10), ("b", 18), ("a", 3), ("b", 21), ("a", 1), ("a", 15), ("b", 27), ("a", 20), ("a", 12), ("b", 60),
            ("a", 30), ("a", 52), ("b", 61),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
)  # fmt: skip
for name, lateness in (("none", 0), ("ten", 10)):
    late = OutputTag("late", Types.TUPLE([Types.STRING(), Types.LONG()]))
    windows = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(10))).allowed_lateness(lateness)
    results = windows.side_output_late_data(late).process(Show(), output_type=Types.STRING())
    results.print(name)
    results.get_side_output(late).print(f"{name}_late")
env.execute("late records of sessions")
