"""How far the job is, a few times a second: what a window's result cannot tell, since it comes when all is over."""

from __future__ import annotations

from collections.abc import Iterator

from flott.common import Row, Types
from flott.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ValueStateDescriptor
from stage3_window_statistics.order_windows import items_of
from stage3_window_statistics.window_aggregators import millis_of
from utils.order_models import OrderItem

PULSE_MS = 250


class Pulse(KeyedProcessFunction):
    """Rows of (messages until now, latest event time, watermark), the times in ms, by the machine's clock.

    Runs on the event times of the orders, keyed by a constant: one subtask, so its watermark is the one that windows
    of all orders see. A timer of processing time sets the next one, so the watermark is seen to move when no order
    comes too.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        self._messages = runtime_context.get_state(ValueStateDescriptor("messages", Types.LONG()))
        self._newest = runtime_context.get_state(ValueStateDescriptor("newest", Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> None:
        messages, newest = self._messages.value(), self._newest.value()
        if messages is None:
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time())
        self._messages.update((messages or 0) + 1)
        self._newest.update(value if newest is None else max(newest, value))

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        timers = ctx.timer_service()
        yield Row(self._messages.value(), self._newest.value(), timers.current_watermark())
        timers.register_processing_time_timer(timers.current_processing_time() + PULSE_MS)


class NewName(KeyedProcessFunction):
    """The id and name of an item when the name is new: the statistics themselves know only ids."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._name = runtime_context.get_state(ValueStateDescriptor("name", Types.STRING()))

    def process_element(self, value: OrderItem, ctx: KeyedProcessFunction.Context) -> Iterator[tuple[str, str]]:
        if value.name is not None and value.name != self._name.value():
            self._name.update(value.name)
            yield value.id, value.name


def pulse(orders: DataStream) -> DataStream:
    """The pulse of a stream of orders."""
    times = orders.map(lambda order: millis_of(order.order_time), output_type=Types.LONG()).name("order times")
    return times.key_by(lambda time: 0).process(Pulse()).name("pulse")


def names(placed: DataStream) -> DataStream:
    """What the items of these orders are called."""
    return placed.flat_map(items_of).key_by(lambda item: item.id).process(NewName()).name("names")
