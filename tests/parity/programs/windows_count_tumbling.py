"""Windows of so many records of a key, one after the other; those that are not full at the end are lost.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import CountTumblingWindowAssigner

env = StreamExecutionEnvironment.get_execution_environment()


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window} {[number for _, number in inputs]}"]


class ShowMore(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {context.window().max_timestamp()} {len(list(elements))}"


keyed = env.from_collection(
    [("a" if number % 3 else "b", number) for number in range(14)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
).key_by(lambda pair: pair[0], key_type=Types.STRING())
keyed.count_window(2).apply(Show(), output_type=Types.STRING()).print("two")
keyed.count_window(3).reduce(lambda a, b: (a[0], a[1] + b[1])).print("three")
keyed.count_window(1).reduce(lambda a, b: (a[0], a[1] + b[1])).print("single")
keyed.count_window(100).apply(Show(), output_type=Types.STRING()).print("hundred")
keyed.window(CountTumblingWindowAssigner.of(4)).process(ShowMore(), output_type=Types.STRING()).print("four")
env.execute("windows of so many records")
