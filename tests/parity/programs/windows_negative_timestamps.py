"""Windows before 1970: tumbling, sliding and session windows over negative timestamps.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{context.window()} {sorted(elements)}"


keyed = (
    env.from_collection([-1, 0, -1_000, -1_001, -2_500, 3, -7_000, -999], type_info=Types.LONG())
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself()))
    .key_by(lambda time: 0, key_type=Types.INT())
)
for name, assigner in (
    ("tumbling", TumblingEventTimeWindows.of(Time.seconds(1))),
    ("tumbling_offset", TumblingEventTimeWindows.of(Time.seconds(1), Time.milliseconds(1))),
    ("sliding", SlidingEventTimeWindows.of(Time.seconds(2), Time.seconds(1))),
    ("session", EventTimeSessionWindows.with_gap(Time.milliseconds(1_499))),
):
    keyed.window(assigner).process(Show(), output_type=Types.STRING()).print(name)
env.execute("before 1970")
