"""A partitioner decides on the subtask: its number is in the line.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import MapFunction, Partitioner, RuntimeContext, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)


class Modulo(Partitioner):
    def partition(self, key, num_partitions):
        return key % num_partitions


class WithSubtask(MapFunction):
    def open(self, runtime_context: RuntimeContext):
        self.subtask = runtime_context.get_index_of_this_subtask()
        self.parallelism = runtime_context.get_number_of_parallel_subtasks()

    def map(self, value):
        return f"{value}: subtask {self.subtask} of {self.parallelism}"


numbers = env.from_collection(list(range(10)), type_info=Types.INT())
numbers.partition_custom(Modulo(), lambda x: x).map(WithSubtask(), output_type=Types.STRING()).print()
env.execute("custom partitioner")
