"""A keyed process function: the key, the timestamp, and a counter it keeps itself."""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1] * 1000


class Number(KeyedProcessFunction):
    def open(self, runtime_context):
        self.seen = 0

    def process_element(self, value, ctx):
        self.seen += 1
        yield f"{self.seen}. key={ctx.get_current_key()!r} timestamp={ctx.timestamp()} value={value}"
        if value[1] % 2:
            yield "odd"


(
    env.from_collection([("a", 1), ("b", 2), ("a", 3)], type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
    )
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .process(Number(), output_type=Types.STRING())
    .print()
)
env.execute("keyed process")
