"""The second of two assigners is given the timestamps of the first; Long.MIN_VALUE stands for none.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Later(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return record_timestamp + 7


class Given(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return 0 if record_timestamp == -(2**63) else record_timestamp


class Show(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


class ShowWindow(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {[time for _, time in elements]}"


none = WatermarkStrategy.no_watermarks()
given = none.with_timestamp_assigner(Given())
pairs = env.from_collection([("a", 1), ("b", 5), ("a", 3)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
pairs.assign_timestamps_and_watermarks(none.with_timestamp_assigner(Given())).process(Show(), Types.STRING()).print(
    "none"
)
first = pairs.assign_timestamps_and_watermarks(none.with_timestamp_assigner(Second()))
later = first.assign_timestamps_and_watermarks(none.with_timestamp_assigner(Later()))
later.process(Show(), output_type=Types.STRING()).print("later")
# a strategy without an assigner leaves them as they are
kept = later.assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps())
kept.process(Show(), output_type=Types.STRING()).print("kept")
twice = kept.map(lambda pair: (pair[0], pair[1] * 2), output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
twice.assign_timestamps_and_watermarks(none.with_timestamp_assigner(Given())).process(Show(), Types.STRING()).print(
    "given"
)
for name, stream in (("first", first), ("moved", later)):
    stream.key_by(lambda pair: pair[0], key_type=Types.STRING()).window(
        TumblingEventTimeWindows.of(Time.milliseconds(10))
    ).process(ShowWindow(), output_type=Types.STRING()).print(f"{name}_window")
env.execute("timestamps of timestamps")
