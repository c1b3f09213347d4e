"""Windows of so many records that overlap, meet, or leave records out.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.window import CountSlidingWindowAssigner

env = StreamExecutionEnvironment.get_execution_environment()


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window} {[number for _, number in inputs]}"]


keyed = env.from_collection(
    [("a" if number % 4 else "b", number) for number in range(20)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
).key_by(lambda pair: pair[0], key_type=Types.STRING())
keyed.count_window(4, 2).apply(Show(), output_type=Types.STRING()).print("overlap")
keyed.count_window(3, 2).apply(Show(), output_type=Types.STRING()).print("uneven")
keyed.count_window(3, 3).apply(Show(), output_type=Types.STRING()).print("meet")
keyed.window(CountSlidingWindowAssigner.of(5, 1)).apply(Show(), output_type=Types.STRING()).print("each")
keyed.count_window(4, 1).reduce(lambda a, b: (a[0], a[1] + b[1])).print("sums")
env.execute("windows of so many records that slide")
