"""Rules on one side, values on the other: the values wait until the rule that ends the rules has come.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
rules_state = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Price(BroadcastProcessFunction):
    def open(self, runtime_context):
        self.complete = False
        self.waiting = []

    def process_element(self, value, ctx):
        if not self.complete:
            self.waiting.append(value)
            return
        yield self.price(value, ctx)

    def process_broadcast_element(self, value, ctx):
        name, price = value
        if name != "end":
            ctx.get_broadcast_state(rules_state).put(name, price)
            return
        self.complete = True
        for waiting in self.waiting:
            yield self.price(waiting, ctx)

    def price(self, value, ctx):
        rules = ctx.get_broadcast_state(rules_state)
        return f"{value}: {rules.get(value)}" if rules.contains(value) else f"{value}: no price"


rules = env.from_collection(
    [("tea", 3), ("milk", 2), ("tea", 4), ("end", 0)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
values = env.from_collection(["milk", "tea", "salt", "tea"], type_info=Types.STRING())
values.connect(rules.broadcast(rules_state)).process(Price(), output_type=Types.STRING()).print()
env.execute("prices")
