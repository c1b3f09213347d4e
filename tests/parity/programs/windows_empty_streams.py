"""Windows that no record comes to give nothing, with and without keys, and the job ends.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessAllWindowFunction
from pyflink.datastream.window import (
    CountTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    GlobalWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()}"


class ShowAll(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield f"{context.window()}"


numbers = env.from_collection([1, 2, 3], type_info=Types.LONG()).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
)
none = numbers.filter(lambda n: n > 3)
keyed = none.key_by(lambda n: n, key_type=Types.LONG())
ms = Time.milliseconds
keyed.window(TumblingEventTimeWindows.of(ms(1))).process(Show(), Types.STRING()).print("tumbling")
keyed.window(SlidingEventTimeWindows.of(ms(2), ms(1))).process(Show(), Types.STRING()).print("sliding")
keyed.window(EventTimeSessionWindows.with_gap(ms(1))).process(Show(), Types.STRING()).print("session")
keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(1)).process(Show(), Types.STRING()).print("global")
keyed.count_window(1).process(Show(), Types.STRING()).print("count")
none.window_all(TumblingEventTimeWindows.of(ms(1))).process(ShowAll(), Types.STRING()).print("all")
none.window_all(CountTumblingWindowAssigner.of(1)).reduce(lambda a, b: a + b).print("count_all")
one = numbers.filter(lambda n: n == 2)
one.window_all(TumblingEventTimeWindows.of(ms(2))).process(ShowAll(), Types.STRING()).print("one")
env.execute("nothing in windows")
