"""An offset moves tumbling windows: forwards, backwards, and days of another time zone.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{context.window()} {list(elements)}"


keyed = (
    env.from_collection([0, 1, 249, 250, 999, 1_000, 1_249, 1_250, 57_599_999, 57_600_000], type_info=Types.LONG())
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself()))
    .key_by(lambda time: 0, key_type=Types.INT())
)
for name, size, offset in (
    ("quarter", Time.seconds(1), Time.milliseconds(250)),
    ("back", Time.seconds(1), Time.milliseconds(-250)),
    ("most", Time.seconds(1), Time.milliseconds(999)),
    ("least", Time.seconds(1), Time.milliseconds(-999)),
    ("china", Time.days(1), Time.hours(-8)),
):
    windows = keyed.window(TumblingEventTimeWindows.of(size, offset))
    windows.process(Show(), output_type=Types.STRING()).print(name)
env.execute("offsets")
