"""Several states of one function don't mix, nor do equal names in two functions.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Count(KeyedProcessFunction):
    def __init__(self, step):
        self.step = step

    def open(self, runtime_context):
        self.first = runtime_context.get_state(ValueStateDescriptor("first", Types.INT()))
        self.second = runtime_context.get_state(ValueStateDescriptor("second", Types.INT()))
        self.list = runtime_context.get_list_state(ListStateDescriptor("list", Types.INT()))
        self.map = runtime_context.get_map_state(MapStateDescriptor("map", Types.INT(), Types.INT()))
        self.same = runtime_context.get_state(ValueStateDescriptor("first", Types.INT()))

    def process_element(self, value, ctx):
        self.first.update((self.first.value() or 0) + self.step)
        if value % 3 == 0:
            self.second.update(value)
        self.list.add(value)
        self.map.put(value % 4, value)
        yield (
            f"step {self.step}, key {ctx.get_current_key()}: {self.first.value()} {self.same.value()} "
            f"{self.second.value()} {list(self.list)} {sorted(self.map.items())}"
        )


numbers = env.from_collection([1, 2, 3, 4, 5, 6, 7], type_info=Types.INT())
keyed = numbers.key_by(lambda n: n % 2, key_type=Types.INT())
keyed.process(Count(1), output_type=Types.STRING()).print()
keyed.process(Count(100), output_type=Types.STRING()).print()
env.execute("several states")
