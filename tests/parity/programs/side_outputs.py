"""A process function with two side outputs, one read twice.

compare: lines in any order
"""

from pyflink.common import Row, Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

rejected = OutputTag("rejected", Types.ROW([Types.STRING(), Types.STRING()]))
large = OutputTag("large", Types.LONG())


class Parse(ProcessFunction):
    def process_element(self, value, ctx):
        try:
            number = int(value)
        except ValueError as error:
            yield rejected, Row(value, str(error))
            return
        if number > 1000:
            yield large, number
        yield number


numbers = env.from_collection(["1", "x", "2000", "", "3"]).process(Parse(), output_type=Types.LONG())
numbers.print("good")
numbers.get_side_output(rejected).print("rejected")
numbers.get_side_output(large).print("large")
numbers.get_side_output(large).map(lambda n: n // 1000, output_type=Types.LONG()).print("thousands")
env.execute("side outputs")
