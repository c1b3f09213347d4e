"""A reduced window whose value is null counts as empty: it gives nothing.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ReduceFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import CountTrigger, GlobalWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class SmallSum(ReduceFunction):
    """A sum of up to 10, else None."""

    def reduce(self, value1, value2):
        total = value1[2] + value2[2]
        return (value1[0], value1[1], total) if total <= 10 else None


class Given(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {list(inputs)}"]


records = [("small", 1, 4), ("small", 2, 5), ("large", 3, 8), ("large", 4, 9), ("later", 14, 3)]
keyed = (
    env.from_collection(records)
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0])
)
windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
windows.reduce(SmallSum()).map(str, output_type=Types.STRING()).print("sum")
windows.reduce(SmallSum(), Given(), output_type=Types.STRING()).print("given")
counted = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(1))
counted.reduce(SmallSum(), Given(), output_type=Types.STRING()).print("each")
env.execute("windows reduced to null")
