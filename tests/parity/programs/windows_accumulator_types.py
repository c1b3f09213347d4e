"""Declared types of accumulators: a tuple, a row by its fields, a list, and none.

compare: lines in any order
"""

from pyflink.common import Row, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class OfTuple(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + 1, accumulator[1] + value[2]

    def get_result(self, accumulator):
        return f"{accumulator[0]} {accumulator[1]}"

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class OfRow(OfTuple):
    def create_accumulator(self):
        return Row(0, 0)

    def add(self, value, accumulator):
        return Row(accumulator[0] + 1, accumulator[1] + value[2])


class OfList(AggregateFunction):
    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        accumulator.append(value[2])
        return accumulator

    def get_result(self, accumulator):
        return str(sorted(accumulator))

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class OfWords(OfList):
    """An accumulator that is a text, and a result of another kind."""

    def create_accumulator(self):
        return ""

    def add(self, value, accumulator):
        return f"{accumulator}{value[2]},"

    def get_result(self, accumulator):
        return str(sorted(accumulator.split(",")))


keyed = (
    env.from_collection(
        [("a", 1, 5), ("b", 2, 7), ("a", 12, 9), ("a", 3, 1), ("b", 14, 2), ("a", 4, 8), ("b", 16, 3)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
tumbling = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
sliding = keyed.window(SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5)))
for name, function, accumulator_type in (
    ("tuple", OfTuple(), lambda: Types.TUPLE([Types.INT(), Types.LONG()])),
    ("row", OfRow(), lambda: Types.ROW([Types.INT(), Types.LONG()])),
    ("fields", OfRow(), lambda: [Types.INT(), Types.LONG()]),
    ("list", OfList(), lambda: Types.LIST(Types.INT())),
    ("text", OfWords(), lambda: Types.STRING()),
    ("none", OfList(), lambda: None),
):
    tumbling.aggregate(function, accumulator_type=accumulator_type(), output_type=Types.STRING()).print(name)
    sliding.aggregate(function, accumulator_type=accumulator_type(), output_type=Types.STRING()).print(
        f"{name}_sliding"
    )
env.execute("types of accumulators")
