"""What windows give: without a type, as a tuple, as a row with names; and what the operators behind see.

compare: lines in any order
"""

from pyflink.common import Row, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Tuples(WindowFunction):
    def apply(self, key, window, inputs):
        return [(key, window.start, len(list(inputs)))]


class Rows(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield Row(word=key, start=context.window().start, count=len(list(elements)))


class Several(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield [key, {"start": context.window().start}, None]


class Count(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + 1

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


windows = (
    env.from_collection(
        [("a", 1), ("b", 2), ("a", 12), ("a", 3)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
)
types = [Types.STRING(), Types.LONG(), Types.INT()]
untyped = windows.apply(Tuples())
untyped.print("untyped")
untyped.map(lambda value: f"{type(value).__name__} {value[0]} {value[2]}", output_type=Types.STRING()).print("behind")
tuples = windows.apply(Tuples(), output_type=Types.TUPLE(types))
tuples.print("tuples")
tuples.map(lambda value: f"{type(value).__name__} {value[2]}", output_type=Types.STRING()).print("behind_tuples")
rows = windows.process(Rows(), output_type=Types.ROW_NAMED(["word", "start", "count"], types))
rows.print("rows")
rows.map(lambda row: f"{row.word} {row.start} {row.count} {row['count']}", output_type=Types.STRING()).print("names")
windows.process(Several()).map(str, output_type=Types.STRING()).print("several")
windows.aggregate(Count(), output_type=Types.LONG()).map(lambda n: n + 2**40, output_type=Types.LONG()).print("long")
windows.aggregate(Count()).print("count")
reduced = windows.reduce(lambda a, b: (a[0], a[1] + b[1]))
reduced.map(lambda pair: f"{pair[0]} {pair[1]}", output_type=Types.STRING()).print("reduced")
print(untyped.get_type(), tuples.get_type(), rows.get_type(), reduced.get_type(), windows.get_input_type())
env.execute("types of windows")
