"""Results of counted windows have the time of the record that filled them, so windows of event time can follow.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import CountTrigger, GlobalWindows, PurgingTrigger, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(total for _, _, total in elements)}"


def add(a, b):
    return a[0], max(a[1], b[1]), a[2] + b[2]


keyed = (
    env.from_collection(
        [
            ("a", 1, 1),
            ("a", 2, 2),
            ("b", 3, 4),
            ("a", 9, 8),
            ("a", 11, 16),
            ("b", 25, 32),
            ("a", 12, 64),
            ("a", 10, 128),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
purging = PurgingTrigger.of(CountTrigger.of(2))
for name, pairs in (
    ("count", keyed.count_window(2).reduce(add)),
    ("global", keyed.window(GlobalWindows.create()).trigger(purging).reduce(add)),
):
    pairs.process(Stamp(), output_type=Types.STRING()).print(name)
    pairs.key_by(lambda value: value[0], key_type=Types.STRING()).window(
        TumblingEventTimeWindows.of(Time.milliseconds(10))
    ).process(Show(), output_type=Types.STRING()).print(f"{name}_windows")
env.execute("windows of time behind windows of counts")
