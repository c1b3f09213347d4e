"""Connected streams with keys: each input counts in a state of its own, key by key.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Count(CoMapFunction):
    def open(self, runtime_context):
        self.orders = runtime_context.get_state(ValueStateDescriptor("orders", Types.INT()))
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))

    def map1(self, value):
        number = (self.orders.value() or 0) + 1
        self.orders.update(number)
        return f"{value[0]}: order {number} is {value[1]}"

    def map2(self, value):
        total = (self.total.value() or 0) + value[0]
        self.total.update(total)
        return f"{value[1]}: payments are {total}"


orders = env.from_collection(
    [("a", "tea"), ("b", "milk"), ("a", "rice"), ("a", "salt")], type_info=Types.TUPLE([Types.STRING(), Types.STRING()])
)
payments = env.from_collection([(5, "a"), (7, "b"), (6, "a")], type_info=Types.TUPLE([Types.LONG(), Types.STRING()]))
connected = orders.key_by(lambda order: order[0], key_type=Types.STRING()).connect(
    payments.key_by(lambda payment: payment[1], key_type=Types.STRING())
)
connected.map(Count(), output_type=Types.STRING()).print()
env.execute("keyed co-map")
