"""Windows that slide by more than their size: records between two windows are in none.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import SlidingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{context.window()} {list(elements)}"


keyed = (
    env.from_collection(list(range(-12, 25, 2)), type_info=Types.LONG())
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself()))
    .key_by(lambda time: 0, key_type=Types.INT())
)
ms = Time.milliseconds
for name, assigner in (
    ("plain", SlidingEventTimeWindows.of(ms(4), ms(10))),
    ("offset", SlidingEventTimeWindows.of(ms(4), ms(10), ms(3))),
    ("back", SlidingEventTimeWindows.of(ms(4), ms(10), ms(-9))),
):
    keyed.window(assigner).process(Show(), output_type=Types.STRING()).print(name)
env.execute("gaps")
