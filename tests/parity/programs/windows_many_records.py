"""Three thousand records of forty keys, out of order: each kind of window, as checksums by key and window.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


def numbers(count, seed):
    """The same numbers in each run."""
    for _ in range(count):
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        yield seed >> 8


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Sum(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + 1, accumulator[1] + value[2]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        for count, total in elements:
            yield f"{key} {context.window().start} {context.window().end} {count} {total}"


class Whole(ProcessWindowFunction):
    def process(self, key, context, elements):
        values = list(elements)
        yield f"{key} {context.window().start} {context.window().end} {len(values)} {sum(value[2] for value in values)}"


draws = list(numbers(9_000, 42))
records = [(f"k{a % 40}", b % 100_000, c % 1_000) for a, b, c in zip(draws[::3], draws[1::3], draws[2::3])]
keyed = (
    env.from_collection(records, type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()]))
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
)
tumbling = TumblingEventTimeWindows.of(Time.seconds(20), Time.seconds(3))
keyed.window(tumbling).aggregate(Sum(), Show(), output_type=Types.STRING()).print("tumbling")
sliding = SlidingEventTimeWindows.of(Time.seconds(35), Time.seconds(20))
keyed.window(sliding).aggregate(Sum(), Show(), output_type=Types.STRING()).print("sliding")
session = EventTimeSessionWindows.with_gap(Time.milliseconds(4_500))
keyed.window(session).process(Whole(), output_type=Types.STRING()).print("session")
env.execute("many records")
