"""A value for each key: absent, written, read back, cleared, written again.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Sum(KeyedProcessFunction):
    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element(self, value, ctx):
        before = self.sum.value()
        if value[1] < 0:
            self.sum.clear()
        else:
            self.sum.update((before or 0) + value[1])
        yield f"{value}: {before} becomes {self.sum.value()}"


pairs = [("a", 1), ("b", 5), ("a", 2), ("a", -1), ("b", 0), ("a", 7), ("b", -1), ("b", -1), ("c", 2**40)]
env.from_collection(pairs, type_info=Types.TUPLE([Types.STRING(), Types.LONG()])).key_by(
    lambda value: value[0], key_type=Types.STRING()
).process(Sum(), output_type=Types.STRING()).print()
env.execute("value state")
