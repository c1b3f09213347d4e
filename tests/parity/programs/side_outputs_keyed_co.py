"""Side outputs of a keyed co-process function: tags of both inputs and of the timers.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import KeyedCoProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
left_tag = OutputTag("left", Types.INT())
right_tag = OutputTag("right", Types.STRING())
summary = OutputTag("summary", Types.STRING())


class Both(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.left = runtime_context.get_list_state(ListStateDescriptor("left", Types.INT()))
        self.right = runtime_context.get_list_state(ListStateDescriptor("right", Types.STRING()))

    def process_element1(self, value, ctx):
        self.left.add(value)
        ctx.timer_service().register_event_time_timer(100)
        yield left_tag, value

    def process_element2(self, value, ctx):
        self.right.add(value)
        ctx.timer_service().register_event_time_timer(100)
        yield right_tag, value

    def on_timer(self, timestamp, ctx):
        yield summary, f"{ctx.get_current_key()}: {list(self.left)} {list(self.right)}"
        yield ctx.get_current_key()


numbers = env.from_collection([1, 2, 3, 11, 12], type_info=Types.INT())
words = env.from_collection(["a", "to", "be", "z"], type_info=Types.STRING())
both = (
    numbers.connect(words)
    .key_by(lambda number: number % 10, lambda word: len(word), key_type=Types.INT())
    .process(Both(), output_type=Types.INT())
)
both.print("main")
both.get_side_output(left_tag).print("left")
both.get_side_output(right_tag).print("right")
both.get_side_output(summary).print("summary")
env.execute("sides of a keyed co-process function")
