"""Unions of three, of one with itself, of a union, and of keyed streams.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


def numbers(*values):
    return env.from_collection(list(values), type_info=Types.INT())


one, two, three = numbers(1, 2), numbers(10, 20), numbers(100)
one.union(two, three).print("three")
one.union(one).print("itself")
one.union(two).union(three.union(one)).map(lambda n: -n, output_type=Types.INT()).print("nested")
one.map(lambda n: n * 5, output_type=Types.INT()).union(two.filter(lambda n: n > 10)).print("different")
one.union(two, one).key_by(lambda n: n % 10, key_type=Types.INT()).reduce(lambda a, b: a + b).filter(
    lambda n: n % 10 != 0
).map(lambda n: 1, output_type=Types.INT()).print("reduced")
print(one.union(two).get_type())
env.execute("unions")
