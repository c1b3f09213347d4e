"""Offsets of sliding windows: they move by less than one slide, forwards or backwards.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import SlidingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [(window.start, window.end, len(list(inputs)))]


keyed = (
    env.from_collection([0, 1, 5, 10, 14, 15, -3], type_info=Types.LONG())
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself()))
    .key_by(lambda time: 0, key_type=Types.INT())
)
for name, offset in (("zero", 0), ("one", 1), ("four", 4), ("minus_one", -1), ("minus_four", -4)):
    assigner = SlidingEventTimeWindows.of(Time.milliseconds(15), Time.milliseconds(5), Time.milliseconds(offset))
    output_type = Types.TUPLE([Types.LONG(), Types.LONG(), Types.INT()])
    keyed.window(assigner).apply(Show(), output_type=output_type).print(name)
env.execute("offsets of sliding windows")
