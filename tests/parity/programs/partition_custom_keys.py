"""Custom partitioners whose key isn't the record: a lambda, a function, a class; from one and from several subtasks.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import KeySelector, Partitioner, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)


class Word(KeySelector):
    def get_key(self, value):
        return value[0]


class ByLength(Partitioner):
    def open(self, runtime_context):
        self.subtasks = runtime_context.get_number_of_parallel_subtasks()

    def partition(self, key, num_partitions):
        return len(key) % num_partitions


def last(key, num_partitions):
    return num_partitions - 1


pairs = env.from_collection(
    [("a", 1), ("bb", 2), ("ccc", 3), ("dddd", 4)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
pairs.partition_custom(ByLength(), Word()).print("class")
pairs.partition_custom(last, lambda pair: pair[1]).print("last")
pairs.partition_custom(lambda key, parts: (key + 1) % parts, lambda pair: pair[1]).print("lambda")
pairs.rebalance().map(lambda pair: pair[1] * 2, output_type=Types.INT()).partition_custom(
    lambda key, parts: 1 if key > 4 else 0, lambda n: n
).map(lambda n: -n, output_type=Types.INT()).print("spread")
env.execute("custom partitioners")
