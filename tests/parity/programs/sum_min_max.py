"""min and max keep the other fields of the first record of a key, min_by and max_by take the whole record.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
values = [
    ("a", 3, "x"),
    ("b", 10, "y"),
    ("a", 1, "z"),
    ("a", 1, "later"),
    ("b", 20, "w"),
    ("a", 5, "v"),
    ("b", 20, "2"),
]
keyed = env.from_collection(values, type_info=Types.TUPLE([Types.STRING(), Types.INT(), Types.STRING()])).key_by(
    lambda value: value[0], key_type=Types.STRING()
)
keyed.min(1).print("min")
keyed.max(1).print("max")
keyed.min_by(1).print("min_by")
keyed.max_by(1).print("max_by")
keyed.min(2).print("min_text")
keyed.max_by(2).print("max_by_text")
env.execute("min and max")
