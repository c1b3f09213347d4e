"""A reduce function class with open() and state of its own, in both modes.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import ReduceFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class SumAndCalls(ReduceFunction):
    def open(self, runtime_context):
        self.calls = runtime_context.get_state(ValueStateDescriptor("calls", Types.INT()))

    def reduce(self, value1, value2):
        calls = (self.calls.value() or 0) + 1
        self.calls.update(calls)
        return value1[0], value1[1] + value2[1], calls


for mode in (RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_runtime_mode(mode)
    values = [("a", 1, 0), ("b", 10, 0), ("a", 2, 0), ("a", 3, 0), ("c", 5, 0), ("b", 20, 0)]
    env.from_collection(values, type_info=Types.TUPLE([Types.STRING(), Types.INT(), Types.INT()])).key_by(
        lambda value: value[0], key_type=Types.STRING()
    ).reduce(SumAndCalls()).print(mode.name)
    env.execute("reduce with state")
