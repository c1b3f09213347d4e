"""Two streams of different types become one: each has a function of its own.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class Describe(CoMapFunction):
    def open(self, runtime_context):
        self.prefix = "opened"

    def map1(self, value):
        return f"{self.prefix} order {value[0]}: {value[1] * 2}"

    def map2(self, value):
        return None if value == "skip" else f"{self.prefix} note {value.upper()}"


orders = env.from_collection([(1, 1.5), (2, 2.25)], type_info=Types.TUPLE([Types.INT(), Types.DOUBLE()]))
notes = env.from_collection(["late", "skip", "naïve 😀"], type_info=Types.STRING())
orders.connect(notes).map(Describe(), output_type=Types.STRING()).filter(lambda line: line is not None).print()
env.execute("co-map")
