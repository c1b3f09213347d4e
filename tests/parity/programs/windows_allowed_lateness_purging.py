"""With a purging trigger late firings have the late records alone, and reduced values begin anew.

compare: lines in any order
"""

import time

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeTrigger, PurgingTrigger, TumblingEventTimeWindows

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
        yield f"{key} {context.window()} {[time for _, time in elements]}"


late = OutputTag("late", Types.TUPLE([Types.STRING(), Types.LONG()]))
records = [("a", 1), ("a", 2), ("a", 12), ("a", 3), ("a", 4), ("a", 40), ("a", 5), ("a", 39)]
keyed = (
    env.from_collection(records, type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
    .rebalance()
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
)
for name, trigger in (
    ("keeping", EventTimeTrigger.create()),
    ("purging", PurgingTrigger.of(EventTimeTrigger.create())),
):
    windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).allowed_lateness(10).trigger(trigger)
    windows.reduce(lambda a, b: (a[0], a[1] + b[1])).print(f"{name}_reduced")
    windows.process(Show(), output_type=Types.STRING()).print(name)
windows.side_output_late_data(late).process(Show(), output_type=Types.STRING()).get_side_output(late).print("late")
env.execute("lateness and purging")
