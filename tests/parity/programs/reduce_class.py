"""Reduce with a function class over rows, and one reduce behind another.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types
from pyflink.datastream import KeySelector, ReduceFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class ByKey(KeySelector):
    def get_key(self, value):
        return value["key"]


class Longest(ReduceFunction):
    def __init__(self, separator):
        self.separator = separator

    def reduce(self, value1, value2):
        return Row(
            key=value1.key,
            longest=max(value1.longest, value2.longest, key=len),
            all=f"{value1['all']}{self.separator}{value2['all']}",
        )


row_type = Types.ROW_NAMED(["key", "longest", "all"], [Types.INT(), Types.STRING(), Types.STRING()])
words = ["to", "be", "or", "not", "to", "bee"]
rows = env.from_collection([Row(len(word), word, word) for word in words], type_info=row_type)
reduced = rows.key_by(ByKey(), key_type=Types.INT()).reduce(Longest("+"))
print(reduced.get_type())
reduced.print("each")
reduced.map(lambda row: (row.key, 1), output_type=Types.TUPLE([Types.INT(), Types.INT()])).key_by(
    lambda pair: pair[0], key_type=Types.INT()
).reduce(lambda a, b: (a[0], a[1] + b[1])).print("count")
env.execute("reduce with a class")
