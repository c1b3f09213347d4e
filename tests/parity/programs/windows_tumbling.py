"""Tumbling windows of event time: a window has its first millisecond, the next one its last; records out of order.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield f"{key} {window.start}..{window.end} ({window.max_timestamp()}): {[number for _, _, number in elements]}"


orders = [
    ("a", 0, 1), ("b", 4_999, 2), ("a", 5_000, 3), ("a", 4_999, 4), ("c", 60_000, 5), ("b", 1, 6), ("a", 9_999, 7),
    ("a", 2_500, 8), ("b", 10_000, 9),
]  # fmt: skip
(
    env.from_collection(orders, type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]))
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda order: order[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.seconds(5)))
    .process(Show(), output_type=Types.STRING())
    .print()
)
env.execute("tumbling windows")
