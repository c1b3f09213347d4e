"""Solution of exercise 4.10."""

from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ListStateDescriptor, ValueStateDescriptor

PATIENCE_MS = 30 * 60_000
NEXT = {
    None: {"CREATED"},
    "CREATED": {"PAID", "CANCELLED"},
    "PAID": {"SHIPPED", "CANCELLED"},
    "SHIPPED": {"COMPLETED"},
    "COMPLETED": set(),
    "CANCELLED": set(),
}
Event = dict[str, Any]


class WatchOrder(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.status = runtime_context.get_state(ValueStateDescriptor("status", Types.STRING()))
        self.timer = runtime_context.get_state(ValueStateDescriptor("timer", Types.LONG()))

    def process_element(self, value: Event, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        before, status = self.status.value(), value["status"]
        if status == before:
            return
        if status not in NEXT[before]:
            yield "illegal", value["order_id"]
            return
        self.status.update(status)
        if status == "CREATED":
            self.timer.update(ctx.timestamp() + PATIENCE_MS)
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + PATIENCE_MS)
        elif self.timer.value() is not None:
            ctx.timer_service().delete_event_time_timer(self.timer.value())
            self.timer.clear()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        self.timer.clear()
        yield "unpaid", ctx.get_current_key()


class WatchUser(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.times = runtime_context.get_list_state(ListStateDescriptor("times", Types.LONG()))

    def process_element(self, value: Event, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        if value["amount"] > 10_000:
            yield "large", value["order_id"]
        now = ctx.timestamp()
        recent = [time for time in self.times.get() or [] if time > now - 60_000] + [now]
        self.times.update(recent)
        if len(recent) > 5:
            yield "frequent", value["order_id"]


def anomalies(events: DataStream) -> DataStream:
    of_orders = events.key_by(lambda event: event["order_id"]).process(WatchOrder())
    created = events.filter(lambda event: event["status"] == "CREATED")
    of_users = created.key_by(lambda event: event["user_id"]).process(WatchUser())
    return of_orders.union(of_users)
