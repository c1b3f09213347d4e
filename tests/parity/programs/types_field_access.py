"""Fields by name in the operators behind a key_by, a rebalance, a union and a connect.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types
from pyflink.datastream import CoMapFunction, KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


def order_type():
    return Types.ROW_NAMED(["id", "user", "lines"], [Types.LONG(), user_type(), Types.LIST(Types.INT())])


def user_type():
    return Types.ROW_NAMED(["name", "city"], [Types.STRING(), Types.STRING()])


class Count(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield Row(id=value.id + 100, user=value["user"], lines=[sum(value.lines)])


class City(CoMapFunction):
    def map1(self, value):
        return f"{value.id} {value.user.city}"

    def map2(self, value):
        return f"{value.name}"


numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
orders = numbers.map(
    lambda n: Row(n, Row("Ann" if n % 2 else "Bob", None if n == 3 else "Oslo"), list(range(n))),
    output_type=order_type(),
)
orders.key_by(lambda order: order.user.name, key_type=Types.STRING()).process(Count(), output_type=order_type()).map(
    lambda order: f"{order.id} {order.user.name} {order.user['city']} {order.lines} {order[0]}",
    output_type=Types.STRING(),
).print("keyed")
orders.rebalance().filter(lambda order: order.user.city is not None).map(
    lambda order: order.as_dict(True), output_type=Types.PICKLED_BYTE_ARRAY()
).print("dict")
orders.union(orders).map(lambda order: len(order.lines), output_type=Types.INT()).print("union")
users = orders.map(lambda order: order.user, output_type=user_type())
orders.connect(users).map(City(), output_type=Types.STRING()).print("connect")
users.print("users")
env.execute("fields")
