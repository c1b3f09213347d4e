"""Running sums of a position of tuples, and of plain numbers.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
values = [("a", 1, 0.5), ("b", 10, 1.5), ("a", 2, 0.25), ("b", -3, 2.0), ("c", 7, 0.0)]
keyed = env.from_collection(values, type_info=Types.TUPLE([Types.STRING(), Types.INT(), Types.DOUBLE()])).key_by(
    lambda value: value[0], key_type=Types.STRING()
)
keyed.sum(1).print("second")
keyed.sum(2).print("third")
summed = keyed.sum(1)
print(summed.get_type())
summed.map(lambda value: f"{value}", output_type=Types.STRING()).print("mapped")
untyped = env.from_collection([("a", 1), ("b", 10), ("a", 2)]).key_by(lambda value: value[0])
untyped.sum(1).print("untyped")
env.execute("sums")
