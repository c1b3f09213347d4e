"""Windows of so many records of a whole stream, and one for all of it with triggers; the context's states.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import AllWindowFunction, ProcessAllWindowFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import (
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    GlobalWindows,
    PurgingTrigger,
)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Apply(AllWindowFunction):
    def apply(self, window, inputs):
        return [f"{window} {list(inputs)}"]


class Numbered(ProcessAllWindowFunction):
    def process(self, context, elements):
        of_all = context.global_state().get_state(ValueStateDescriptor("of all", Types.INT()))
        of_this = context.window_state().get_state(ValueStateDescriptor("of this", Types.INT()))
        of_all.update((of_all.value() or 0) + 1)
        of_this.update((of_this.value() or 0) + 1)
        yield f"{context.window()} {list(elements)}: {of_all.value()}, {of_this.value()}"


numbers = env.from_collection(list(range(9)), type_info=Types.INT())
numbers.window_all(CountTumblingWindowAssigner.of(4)).apply(Apply(), output_type=Types.STRING()).print("four")
numbers.window_all(CountSlidingWindowAssigner.of(4, 3)).apply(Apply(), Types.STRING()).print("four_each_three")
numbers.window_all(CountTumblingWindowAssigner.of(2)).process(Numbered(), output_type=Types.STRING()).print("numbered")
everything = GlobalWindows.create()
numbers.window_all(everything).trigger(CountTrigger.of(3)).process(Numbered(), Types.STRING()).print("every_third")
purging = PurgingTrigger.of(CountTrigger.of(3))
numbers.window_all(everything).trigger(purging).process(Numbered(), Types.STRING()).print("purged")
env.execute("counted windows of a whole stream")
