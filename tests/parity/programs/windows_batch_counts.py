"""Windows of so many records in BATCH mode, by key and of a whole stream.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.window import CountTrigger, CountTumblingWindowAssigner, GlobalWindows

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def together(a, b):
    # records of a key may come in any order
    return a[0], a[1] + b[1]


counted = env.from_collection([(n % 3, 1) for n in range(17)], type_info=Types.TUPLE([Types.INT(), Types.INT()]))
keyed = counted.key_by(lambda pair: pair[0], key_type=Types.INT())
keyed.count_window(2).reduce(together).print("two")
keyed.count_window(3, 1).reduce(together).print("sliding")
keyed.count_window(100).reduce(together).print("hundred")
keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(4)).reduce(together).print("every_fourth")
counted.window_all(CountTumblingWindowAssigner.of(5)).reduce(lambda a, b: (0, a[1] + b[1])).print("five")
env.execute("counted windows in batch mode")
