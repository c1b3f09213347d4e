"""Event time, a keyed window, Python functions."""

from flott.common import Time
from flott.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.window import TumblingEventTimeWindows


class SaleTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[2] * 1000


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
sales = env.from_collection([("tea", 3, 5), ("cup", 1, 20), ("tea", 2, 59), ("tea", 7, 61), ("cup", 2, 130)])
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SaleTime())
minutes = (
    sales.assign_timestamps_and_watermarks(strategy)
    .key_by(lambda sale: sale[0])
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .reduce(lambda a, b: (a[0], a[1] + b[1], b[2]))
)
found = sorted(minutes.execute_and_collect())
# the first minute has 3 + 2 pieces of tea
assert found == [("cup", 1, 20), ("cup", 2, 130), ("tea", 5, 59), ("tea", 7, 61)], found
