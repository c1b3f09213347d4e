"""What functions may return: anything that is true or false, anything to iterate over, nothing.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, KeyedProcessFunction, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection([0, 1, 2, 3], type_info=Types.INT())


class Lists(ProcessFunction):
    def process_element(self, value, ctx):
        return [value, value * 10] if value % 2 else None


class Early(ProcessFunction):
    def process_element(self, value, ctx):
        if value < 2:
            return
        yield value
        yield from range(value)


class Keyed(KeyedProcessFunction):
    def process_element(self, value, ctx):
        return (value, -value)


class Both(CoFlatMapFunction):
    def flat_map1(self, value):
        return range(value)

    def flat_map2(self, value):
        if value:
            yield value


numbers.filter(lambda n: n % 3).print("truth")
numbers.filter(lambda n: [] if n < 2 else [n]).print("lists")
numbers.flat_map(lambda n: (n, n), output_type=Types.INT()).print("tuple")
numbers.flat_map(lambda n: {n}, output_type=Types.INT()).print("set")
numbers.flat_map(lambda n: iter([n] * n), output_type=Types.INT()).print("iterator")
numbers.flat_map(lambda n: {n: "value"}, output_type=Types.INT()).print("dict")
numbers.map(lambda n: [n] * n).map(len, output_type=Types.INT()).print("len")
numbers.map(str, output_type=Types.STRING()).print("str")
numbers.process(Lists(), output_type=Types.INT()).print("process")
numbers.process(Early(), output_type=Types.INT()).print("early")
numbers.key_by(lambda n: n % 2).process(Keyed(), output_type=Types.INT()).print("keyed")
numbers.connect(numbers).flat_map(Both(), output_type=Types.INT()).print("both")
env.execute("returns")
