"""Windows over united streams wait for the slower one, so nothing is late that comes late by the faster one's time.

compare: lines in any order
"""

from pyflink.common import Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


def stream(records, strategy):
    return env.from_collection(
        records, type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    ).assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Second()))


fast = stream([("a", 1), ("b", 2), ("a", 1_000), ("a", 1_001)], WatermarkStrategy.for_monotonous_timestamps())
slow = stream([("b", 990), ("a", 7), ("b", 8), ("a", 9), ("c", 10)], WatermarkStrategy.no_watermarks())
bounded = stream(
    [("a", 3), ("c", 11), ("b", 15)], WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(20))
)
keyed = fast.union(slow, bounded).key_by(lambda pair: pair[0], key_type=Types.STRING())
keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).process(Show(), Types.STRING()).print("tumbling")
keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(10))).process(Show(), Types.STRING()).print("session")
env.execute("windows over a union")
