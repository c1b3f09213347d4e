"""In batch mode the broadcast side comes first, so that rules hold for all values.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import (
    BroadcastProcessFunction,
    KeyedBroadcastProcessFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
descriptor = MapStateDescriptor("prices", Types.STRING(), Types.INT())


class Price(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} {ctx.get_broadcast_state(descriptor).get(value)}"

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(descriptor).put(value[0], value[1])
        return []


class Total(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))

    def process_element(self, value, ctx):
        self.total.update((self.total.value() or 0) + (ctx.get_broadcast_state(descriptor).get(value) or 0))
        yield f"{ctx.get_current_key()} {self.total.value()}"

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(descriptor).put(value[0], value[1])
        return []


prices = env.from_collection(
    [("tea", 3), ("milk", 2), ("tea", 4)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
goods = env.from_collection(["milk", "tea", "salt", "tea", "milk"], type_info=Types.STRING())
goods.connect(prices.broadcast(descriptor)).process(Price(), output_type=Types.STRING()).print("price")
goods.key_by(lambda name: name, key_type=Types.STRING()).connect(prices.broadcast(descriptor)).process(
    Total(), output_type=Types.STRING()
).print("total")
env.execute("prices first")
