"""At the end of the input windows of all keys fire by the order of their ends, whatever the order of the records."""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


(
    env.from_collection(
        [
            ("e", 90), ("a", 50), ("b", 7), ("c", 61), ("d", -3), ("a", 30), ("b", 12), ("c", 66), ("d", 200),
            ("a", 2), ("e", 81), ("f", 45), ("b", 140), ("a", 39),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(EventTimeSessionWindows.with_gap(Time.milliseconds(10)))
    .process(Show(), output_type=Types.STRING())
    .print()
)  # fmt: skip
env.execute("order of keys")
