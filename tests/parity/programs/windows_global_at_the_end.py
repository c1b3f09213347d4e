"""One window for all records of a key, with the event-time trigger: it fires once, when the input has ended.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessAllWindowFunction
from pyflink.datastream.window import EventTimeTrigger, GlobalWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {list(elements)} at {context.current_watermark()}"


class ShowAll(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield f"{sorted(elements)}"


numbers = env.from_collection(list(range(10)), type_info=Types.INT())
keyed = numbers.key_by(lambda n: n % 3, key_type=Types.INT())
at_the_end = EventTimeTrigger.create()
keyed.window(GlobalWindows.create()).trigger(at_the_end).process(Show(), output_type=Types.STRING()).print("process")
keyed.window(GlobalWindows.create()).trigger(at_the_end).reduce(lambda a, b: a + b).print("reduce")
keyed.window(GlobalWindows.create()).trigger(at_the_end).aggregate(Mean(), output_type=Types.DOUBLE()).print(
    "aggregate"
)
numbers.window_all(GlobalWindows.create()).trigger(at_the_end).process(ShowAll(), Types.STRING()).print("all")
env.execute("everything at the end")
