"""Sliding windows: a record is in as many as overlap at its time, also where the size is no multiple of the slide.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import SlidingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {[time for _, time in elements]}"


keyed = (
    env.from_collection(
        [("a", 9), ("b", 0), ("a", 12), ("a", 3), ("b", 29), ("b", 10)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
)
for name, size, slide in (("multiple", 10, 5), ("uneven", 10, 4), ("tumbling", 10, 10), ("one", 3, 1)):
    assigner = SlidingEventTimeWindows.of(Time.milliseconds(size), Time.milliseconds(slide))
    keyed.window(assigner).process(Show(), output_type=Types.STRING()).print(name)
env.execute("sliding windows")
