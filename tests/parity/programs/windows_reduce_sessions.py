"""Reduced sessions of rows, alone and with a window function that says how long they lasted.

compare: lines in any order
"""

from pyflink.common import Row, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import EventTimeSessionWindows

env = StreamExecutionEnvironment.get_execution_environment()


class AtOfRow(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value.at


class Length(WindowFunction):
    def apply(self, key, window, inputs):
        for row in inputs:
            yield Row(user=key, pages=row.pages, lasted=window.end - window.start)


visit = Types.ROW_NAMED(["user", "at", "pages"], [Types.STRING(), Types.LONG(), Types.INT()])
keyed = (
    env.from_collection(
        [Row("a", 60, 1), Row("b", 5, 1), Row("a", 31, 2), Row("a", 0, 4), Row("b", 6, 8), Row("a", 300, 16)],
        type_info=visit,
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(AtOfRow()))
    .key_by(lambda row: row.user, key_type=Types.STRING())
)
sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(32)))
sessions.reduce(lambda a, b: Row(user=a.user, at=min(a.at, b.at), pages=a.pages + b.pages)).print("reduced")
sessions.reduce(
    lambda a, b: Row(user=a.user, at=min(a.at, b.at), pages=a.pages + b.pages),
    Length(),
    output_type=Types.ROW_NAMED(["user", "pages", "lasted"], [Types.STRING(), Types.INT(), Types.LONG()]),
).print("lengths")
env.execute("reduced sessions")
