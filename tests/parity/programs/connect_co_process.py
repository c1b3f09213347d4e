"""A process function over two streams: the timestamps of one, and a side output that both write to.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import CoProcessFunction, OutputTag, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
odd = OutputTag("odd", Types.TUPLE([Types.STRING(), Types.INT()]))


class Seconds(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value * 1000


class Merge(CoProcessFunction):
    def process_element1(self, value, ctx):
        if value % 2:
            yield odd, ("left", value)
        else:
            yield f"left {value} at {ctx.timestamp()}"

    def process_element2(self, value, ctx):
        if value % 2:
            yield odd, ("right", value)
        yield f"right {value}"


left = env.from_collection([1, 2, 3, 4], type_info=Types.INT()).assign_timestamps_and_watermarks(
    WatermarkStrategy.no_watermarks().with_timestamp_assigner(Seconds())
)
right = env.from_collection([10, 11], type_info=Types.INT())
merged = left.connect(right).process(Merge(), output_type=Types.STRING())
merged.print()
merged.get_side_output(odd).print("odd")
env.execute("co-process")
