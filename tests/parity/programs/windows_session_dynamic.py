"""Sessions whose gap each record says itself.

compare: lines in any order
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import (
    DynamicEventTimeSessionWindows,
    EventTimeSessionWindows,
    SessionWindowTimeGapExtractor,
)

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Third(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element[2]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time, _ in elements)}"


keyed = (
    env.from_collection(
        [
            ("long first", 0, 100), ("long first", 99, 1), ("short first", 0, 1), ("short first", 5, 100),
            ("inside", 0, 100), ("inside", 50, 10), ("longer", 0, 10), ("longer", 8, 100), ("longer", 60, 5),
            ("longer", 108, 1), ("backwards", 50, 5), ("backwards", 10, 40), ("backwards", 0, 3),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda visit: visit[0], key_type=Types.STRING())
)  # fmt: skip
keyed.window(EventTimeSessionWindows.with_dynamic_gap(Third())).process(Show(), Types.STRING()).print("one")
keyed.window(DynamicEventTimeSessionWindows.with_dynamic_gap(Third())).process(Show(), Types.STRING()).print("other")
env.execute("sessions with gaps of their own")
