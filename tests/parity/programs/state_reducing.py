"""States that keep one value of all that was added: a reducing and an aggregating one.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import AggregateFunction, KeyedProcessFunction, ReduceFunction, StreamExecutionEnvironment
from pyflink.datastream.state import AggregatingStateDescriptor, ReducingStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Largest(ReduceFunction):
    def reduce(self, value1, value2):
        return max(value1, value2)


class Average(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Fold(KeyedProcessFunction):
    def open(self, runtime_context):
        self.largest = runtime_context.get_reducing_state(ReducingStateDescriptor("largest", Largest(), Types.INT()))
        self.sum = runtime_context.get_reducing_state(ReducingStateDescriptor("sum", lambda a, b: a + b, Types.INT()))
        self.average = runtime_context.get_aggregating_state(
            AggregatingStateDescriptor("average", Average(), Types.TUPLE([Types.LONG(), Types.LONG()]))
        )

    def process_element(self, value, ctx):
        number = value[1]
        if number == 0:
            for state in (self.largest, self.sum, self.average):
                state.clear()
            yield f"{value}: cleared, {self.largest.get()} {self.sum.get()} {self.average.get()}"
            return
        for state in (self.largest, self.sum, self.average):
            state.add(number)
        yield f"{value}: {self.largest.get()} {self.sum.get()} {self.average.get()}"


pairs = [("a", 1), ("b", 50), ("a", 4), ("a", 2), ("b", 10), ("a", 0), ("a", 8), ("b", -7), ("a", 3), ("c", 0)]
env.from_collection(pairs, type_info=Types.TUPLE([Types.STRING(), Types.INT()])).key_by(
    lambda value: value[0], key_type=Types.STRING()
).process(Fold(), output_type=Types.STRING()).print()
env.execute("reducing and aggregating state")
