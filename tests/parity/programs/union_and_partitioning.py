"""Unions and every way to spread records; which subtask prints is not compared.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
left = env.from_collection([1, 2, 3], type_info=Types.INT())
right = env.from_collection([10, 20], type_info=Types.INT())
both = left.union(right, left)
both.print("union")
both.rebalance().map(lambda x: x + 1, output_type=Types.INT()).print("rebalance")
both.shuffle().map(lambda x: x + 2, output_type=Types.INT()).print("shuffle")
both.rescale().map(lambda x: x + 3, output_type=Types.INT()).print("rescale")
both.broadcast().map(lambda x: x + 4, output_type=Types.INT()).set_parallelism(3).print("broadcast")
both.map(lambda x: x + 5, output_type=Types.INT()).forward().map(lambda x: -x, output_type=Types.INT()).print("forward")
both.partition_custom(lambda key, n: key % n, lambda x: x).map(lambda x: x * 2, output_type=Types.INT()).print("custom")
env.execute("partitioning")
