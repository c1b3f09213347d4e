"""open() before the first record, close() after the last; a copy of the function for each subtask.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import FilterFunction, FlatMapFunction, MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Count(MapFunction):
    def __init__(self, start):
        self.start = start
        self.events = ["made"]

    def open(self, runtime_context):
        self.events.append("opened")
        self.count = self.start

    def map(self, value):
        self.count += 1
        return f"{value}: {self.count} {self.events} "


class Repeat(FlatMapFunction):
    def flat_map(self, value):
        return [value, value] if value % 2 else []


class Positive(FilterFunction):
    def filter(self, value):
        return value > 0


shared = Count(100)
numbers = env.from_collection([-1, 1, 2, 3], type_info=Types.INT()).filter(Positive())
numbers.flat_map(Repeat(), output_type=Types.INT()).map(shared, output_type=Types.STRING()).print("first")
numbers.map(shared, output_type=Types.STRING()).print("second")
env.execute("life of a function")
print("the program's own object:", shared.events, file=__import__("sys").stderr)
