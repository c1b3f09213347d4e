"""One window for all records of a key: what comes out is the trigger's doing.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import CountTrigger, GlobalWindows, NeverTrigger, PurgingTrigger

env = StreamExecutionEnvironment.get_execution_environment()


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {context.window().max_timestamp()} {list(elements)}"


keyed = env.from_collection(list(range(11)), type_info=Types.INT()).key_by(lambda n: n % 2, key_type=Types.INT())
windows = {
    "counted": keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(2)),
    "purged": keyed.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(2))),
    "never": keyed.window(GlobalWindows.create()).trigger(NeverTrigger()),
    "untouched": keyed.window(GlobalWindows.create()),
}
for name, windowed in windows.items():
    windowed.process(Show(), output_type=Types.STRING()).print(name)
keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(3)).reduce(lambda a, b: a + b).print("sum")
keyed.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(3))).reduce(lambda a, b: a + b).print(
    "purged_sum"
)
env.execute("global windows")
