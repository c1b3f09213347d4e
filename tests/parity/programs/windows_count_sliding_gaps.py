"""Windows of so many records with records between them that belong to none.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment, WindowFunction

env = StreamExecutionEnvironment.get_execution_environment()


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} {window} {list(inputs)}"]


keyed = env.from_collection(list(range(17)), type_info=Types.INT()).key_by(lambda n: n % 2, key_type=Types.INT())
keyed.count_window(2, 3).apply(Show(), output_type=Types.STRING()).print("two_of_three")
keyed.count_window(1, 4).apply(Show(), output_type=Types.STRING()).print("one_of_four")
env.execute("windows of so many records with gaps")
