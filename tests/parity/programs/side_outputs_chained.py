"""A side output of a side output, equal tags at different operators, and tags nobody reads.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
rest = OutputTag("rest", Types.INT())
unread = OutputTag("unread", Types.STRING())


class Multiples(ProcessFunction):
    def __init__(self, of):
        self.of = of

    def process_element(self, value, ctx):
        yield unread, "nobody sees this"
        if value % self.of:
            yield rest, value
        else:
            yield value


numbers = env.from_collection(list(range(2, 14)), type_info=Types.INT())
of_two = numbers.process(Multiples(2), output_type=Types.INT())
of_three = of_two.get_side_output(rest).process(Multiples(3), output_type=Types.INT())
of_five = of_three.get_side_output(rest).process(Multiples(5), output_type=Types.INT())
of_two.print("two")
of_three.print("three")
of_five.print("five")
of_five.get_side_output(OutputTag("rest", Types.INT())).print("rest")
of_two.get_side_output(rest).union(of_two).map(lambda n: n * n, output_type=Types.INT()).print("all")
env.execute("sieve")
