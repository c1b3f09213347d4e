"""Aggregated sessions: an accumulator goes on when its session grows, forwards or backwards. (Two that a record makes
one are in docs/divergences.md.)

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Statistics(AggregateFunction):
    """Number, sum, least and greatest."""

    def create_accumulator(self):
        return 0, 0, None, None

    def add(self, value, accumulator):
        return self.merge(accumulator, (1, value[2], value[2], value[2]))

    def get_result(self, accumulator):
        return f"{accumulator[0]} of {accumulator[1]} from {accumulator[2]} to {accumulator[3]}"

    def merge(self, acc_a, acc_b):
        least = [acc[2] for acc in (acc_a, acc_b) if acc[2] is not None]
        most = [acc[3] for acc in (acc_a, acc_b) if acc[3] is not None]
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1], min(least, default=None), max(most, default=None)


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()}: {list(elements)}"


keyed = (
    env.from_collection(
        [
            ("a", 20, 5), ("a", 25, 7), ("b", 0, 1), ("a", 10, 9), ("b", 100, 2), ("a", 0, 1), ("a", 60, 3),
            ("b", 109, 4), ("a", 36, 2), ("c", 7, 7), ("a", 70, 6), ("a", 22, 11), ("c", 17, 8), ("b", 95, 12),
        ],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda visit: visit[0], key_type=Types.STRING())
)  # fmt: skip
sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(11)))
sessions.aggregate(Statistics(), output_type=Types.STRING()).print("alone")
sessions.aggregate(Statistics(), Show(), output_type=Types.STRING()).print("shown")
env.execute("aggregated sessions")
