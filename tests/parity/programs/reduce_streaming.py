"""A running reduce: each record gives the new value of its key."""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
orders = [("a", 1), ("b", 10), ("a", 2), ("c", 100), ("b", 20), ("a", 3)]
(
    env.from_collection(orders, type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
    .key_by(lambda order: order[0], key_type=Types.STRING())
    .reduce(lambda so_far, order: (so_far[0], so_far[1] + order[1]))
    .print()
)
env.execute("running totals")
