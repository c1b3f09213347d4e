"""Side outputs of both sides of a broadcast process function.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
descriptor = MapStateDescriptor("rules", Types.INT(), Types.STRING())
rules_tag = OutputTag("rules", Types.STRING())
odd = OutputTag("odd", Types.INT())


class Split(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        if value % 2:
            yield odd, value
        else:
            yield str(value)

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(descriptor).put(len(value), value)
        yield rules_tag, value
        yield rules_tag, str(sorted(ctx.get_broadcast_state(descriptor).keys()))
        yield odd, -len(value)


numbers = env.from_collection([1, 2, 3, 4], type_info=Types.INT())
rules = env.from_collection(["a", "bb"], type_info=Types.STRING())
split = numbers.connect(rules.broadcast(descriptor)).process(Split(), output_type=Types.STRING())
split.print("main")
split.get_side_output(odd).map(lambda n: n * 10, output_type=Types.INT()).print("odd")
split.get_side_output(rules_tag).print("rules")
env.execute("sides of a broadcast")
