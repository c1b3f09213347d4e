"""Connected streams that are unions, themselves connected again, and a reduce behind them.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import CoMapFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.data_stream import ConnectedStreams

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
pair = Types.TUPLE([Types.STRING(), Types.INT()])


class Tag(CoMapFunction):
    def __init__(self, first, second):
        self.first, self.second = first, second

    def map1(self, value):
        return self.first, value if isinstance(value, int) else value[1]

    def map2(self, value):
        return self.second, value if isinstance(value, int) else value[1]


one = env.from_collection([1, 2], type_info=Types.INT())
two = env.from_collection([10, 20], type_info=Types.INT())
three = env.from_collection([100, 200, 300], type_info=Types.INT())
connected = one.union(two).connect(three)
print(isinstance(connected, ConnectedStreams))
tagged = connected.map(Tag("small", "large"), output_type=pair)
print(tagged.get_name(), tagged.get_type())
again = tagged.connect(one).map(Tag("all", "one"), output_type=pair)
tagged.union(again).key_by(lambda value: value[0], key_type=Types.STRING()).reduce(
    lambda a, b: (a[0], a[1] + b[1])
).print()
env.execute("connected twice")
