"""Records of a key stay in the order of the source, whatever the parallelism.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)
numbers = env.from_collection(list(range(1, 31)), type_info=Types.INT())
(
    numbers.key_by(lambda n: n % 5, key_type=Types.INT())
    .reduce(lambda so_far, n: so_far * 3 % 1009 + n)
    .map(lambda n: f"reached {n}", output_type=Types.STRING())
    .print()
)
env.execute("order")
