"""The same reduce in batch mode: the last value of each key alone.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
orders = [("a", 1), ("b", 10), ("a", 2), ("c", 100), ("b", 20), ("a", 3)]
(
    env.from_collection(orders, type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
    .key_by(lambda order: order[0], key_type=Types.STRING())
    .reduce(lambda so_far, order: (so_far[0], so_far[1] + order[1]))
    .print()
)
env.execute("totals")
