"""Sessions: records less than a gap apart are one, those exactly a gap apart too; a later record bridges two.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(time for _, time in elements)}"


visits = [
    ("apart", 0), ("apart", 11), ("touching", 0), ("touching", 10), ("close", 0), ("close", 9), ("bridged", 0),
    ("bridged", 18), ("alone", 5), ("bridged", 9), ("apart", 40), ("within", 0), ("within", 20), ("within", 8),
    ("within", 4), ("same", 3), ("same", 3), ("chain", 27), ("chain", 0), ("chain", 18), ("chain", 9), ("chain", 50),
    ("two bridges", 0), ("two bridges", 20), ("two bridges", 40), ("two bridges", 30), ("two bridges", 10),
]  # fmt: skip
(
    env.from_collection(visits, type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda visit: visit[0], key_type=Types.STRING())
    .window(EventTimeSessionWindows.with_gap(Time.milliseconds(10)))
    .process(Show(), output_type=Types.STRING())
    .print()
)
env.execute("sessions")
