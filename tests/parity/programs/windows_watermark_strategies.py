"""Records in order are in the same windows whatever the watermark strategy; without watermarks all fire at the end.

compare: lines in any order
"""

from pyflink.common import Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {[time for _, time in elements]}"


class ShowWatermark(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} fires at {context.current_watermark()}"


pairs = env.from_collection(
    [("a", 1), ("b", 7), ("a", 9), ("a", 10), ("b", 24), ("a", 25), ("b", 30)],
    type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
)
for name, strategy in (
    ("none", WatermarkStrategy.no_watermarks()),
    ("monotonous", WatermarkStrategy.for_monotonous_timestamps()),
    ("bounded", WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5))),
    ("far", WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))),
    ("idle", WatermarkStrategy.for_monotonous_timestamps().with_idleness(Duration.of_millis(20))),
):
    windows = (
        pairs.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Second()))
        .key_by(lambda pair: pair[0], key_type=Types.STRING())
        .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    )
    windows.process(Show(), output_type=Types.STRING()).print(name)
    if name in ("none", "far"):
        windows.process(ShowWatermark(), output_type=Types.STRING()).print(f"{name}_watermark")
env.execute("windows and strategies")
