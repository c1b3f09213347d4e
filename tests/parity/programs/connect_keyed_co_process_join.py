"""Both sides of a join wait in state; a timer at the end of the input joins them.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


def user_type():
    return Types.ROW_NAMED(["user", "city"], [Types.INT(), Types.STRING()])


def order_type():
    return Types.TUPLE([Types.STRING(), Types.INT()])


class Zero(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return 0


class Join(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.users = runtime_context.get_list_state(ListStateDescriptor("users", user_type()))
        self.orders = runtime_context.get_list_state(ListStateDescriptor("orders", order_type()))

    def process_element1(self, value, ctx):
        self.users.add(value)
        ctx.timer_service().register_event_time_timer(1000)

    def process_element2(self, value, ctx):
        self.orders.add(value)
        ctx.timer_service().register_event_time_timer(1000)

    def on_timer(self, timestamp, ctx):
        users, orders = list(self.users.get()), list(self.orders.get())
        for user in users:
            for what, _ in sorted(orders):
                yield Row(ctx.get_current_key(), user.city, what)
        if not users or not orders:
            yield Row(ctx.get_current_key(), "nothing to join", f"{len(users)} and {len(orders)}")


strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Zero())
users = env.from_collection([Row(1, "Oslo"), Row(2, "Rome"), Row(4, "Bonn")], type_info=user_type())
orders = env.from_collection([("tea", 1), ("rice", 3), ("milk", 1), ("salt", 2)], type_info=order_type())
(
    users.assign_timestamps_and_watermarks(strategy)
    .key_by(lambda user: user.user, key_type=Types.INT())
    .connect(orders.assign_timestamps_and_watermarks(strategy).key_by(lambda order: order[1], key_type=Types.INT()))
    .process(
        Join(), output_type=Types.ROW_NAMED(["user", "city", "what"], [Types.INT(), Types.STRING(), Types.STRING()])
    )
    .print()
)
env.execute("join")
