"""State in map, flat_map and filter functions of keyed streams.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import FilterFunction, FlatMapFunction, MapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


def pair():
    return Types.TUPLE([Types.STRING(), Types.INT()])


class Running(MapFunction):
    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.INT()))

    def map(self, value):
        self.sum.update((self.sum.value() or 0) + value[1])
        return value[0], self.sum.value()


class FullPairs(FlatMapFunction):
    def open(self, runtime_context):
        self.waiting = runtime_context.get_list_state(ListStateDescriptor("waiting", pair()))

    def flat_map(self, value):
        waiting = list(self.waiting.get())
        if waiting:
            self.waiting.clear()
            yield waiting[0][0], waiting[0][1] * 1000 + value[1]
        else:
            self.waiting.add(value)


class New(FilterFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_map_state(MapStateDescriptor("seen", Types.INT(), Types.BOOLEAN()))

    def filter(self, value):
        if value[1] in self.seen:
            return False
        self.seen.put(value[1], True)
        return True


pairs = [("a", 1), ("b", 5), ("a", 2), ("b", 5), ("a", 1), ("c", 9), ("a", 2), ("b", 6)]
keyed = env.from_collection(pairs, type_info=pair()).key_by(lambda value: value[0], key_type=Types.STRING())
keyed.map(Running(), output_type=pair()).print("map")
keyed.flat_map(FullPairs(), output_type=pair()).print("flat_map")
keyed.filter(New()).print("filter")
env.execute("state in rich functions")
