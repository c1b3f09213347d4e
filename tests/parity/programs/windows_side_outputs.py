"""Side outputs that a window function writes to, beside its results; their records have the window's time.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()
large = OutputTag("large", Types.LONG())
names = OutputTag("names", Types.TUPLE([Types.STRING(), Types.INT()]))


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Route(ProcessWindowFunction):
    def process(self, key, context, elements):
        times = [time for _, time in elements]
        yield names, (key, len(times))
        yield f"{key} {context.window()}"
        for time in times:
            if time > 10:
                yield large, time


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


routed = (
    env.from_collection(
        [("a", 1), ("b", 2), ("a", 12), ("a", 3), ("b", 29), ("a", 15)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .process(Route(), output_type=Types.STRING())
)
routed.process(Stamp(), output_type=Types.STRING()).print("main")
routed.get_side_output(large).process(Stamp(), output_type=Types.STRING()).print("large")
routed.get_side_output(names).process(Stamp(), output_type=Types.STRING()).print("names")
env.execute("side outputs of windows")
