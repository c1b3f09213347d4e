"""One order, several messages: it is placed once, and each later message about it may change its status.

Messages are looked at by their own time, not in the order in which they come: ``completed`` that arrives before
``pending`` would otherwise look like an order that went back. So a message waits until the watermark says that no
earlier one is on its way; a timer at its time does that.
"""

from __future__ import annotations

from collections.abc import Iterator

from flott.common import Types
from flott.datastream import KeyedProcessFunction, OutputTag, RuntimeContext
from flott.datastream.state import MapStateDescriptor, ValueStateDescriptor
from utils.order_models import Order

FORGET_AFTER_MS = 24 * 60 * 60 * 1000
"""An order that has not changed for this long, by event time, is forgotten; otherwise the state grows for ever."""

STATUS_CHANGES = OutputTag("status changes", Types.TUPLE([Types.STRING(), Types.STRING()]))
"""(from, to), at the time of the change."""

LATE_CHANGES = OutputTag("late changes", Types.PICKLED_BYTE_ARRAY())
"""Messages about a known order that came behind the watermark: the changes of that time have been told."""


class TrackOrder(KeyedProcessFunction):
    """Each order once, as its first message has it; changes of status at the tag ``STATUS_CHANGES``.

    Runs on a stream of :class:`~utils.order_models.Order` that is keyed by ``order_id``. A message that Kafka delivers
    twice changes nothing, and counts once. A new order that comes behind the watermark goes on at once: whether it is
    too late is for the windows to say.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        self._status = runtime_context.get_state(ValueStateDescriptor("status", Types.STRING()))
        self._since = runtime_context.get_state(ValueStateDescriptor("since", Types.LONG()))
        waiting = MapStateDescriptor("waiting", Types.LONG(), Types.PICKLED_BYTE_ARRAY())
        self._waiting = runtime_context.get_map_state(waiting)

    def process_element(
        self, value: Order, ctx: KeyedProcessFunction.Context
    ) -> Iterator[Order | tuple[OutputTag, Order]]:
        timestamp = ctx.timestamp()
        if timestamp > ctx.timer_service().current_watermark():
            self._waiting.put(timestamp, [*(self._waiting.get(timestamp) or []), value])
            ctx.timer_service().register_event_time_timer(timestamp)
        elif self._status.value() is None:
            yield value
            self._remember(value.status, timestamp, ctx)
        else:
            yield LATE_CHANGES, value

    def on_timer(
        self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext
    ) -> Iterator[Order | tuple[OutputTag, tuple[str, str]]]:
        messages = self._waiting.get(timestamp)
        if messages is None:
            if timestamp >= self._since.value() + FORGET_AFTER_MS:
                self._status.clear()
                self._since.clear()
            return
        self._waiting.remove(timestamp)
        status = self._status.value()
        for order in messages:
            if status is None:
                yield order
            elif order.status != status:
                yield STATUS_CHANGES, (status, order.status)
            status = order.status
        self._remember(status, timestamp, ctx)

    def _remember(self, status: str, timestamp: int, ctx: KeyedProcessFunction.Context) -> None:
        self._status.update(status)
        self._since.update(timestamp)
        ctx.timer_service().register_event_time_timer(timestamp + FORGET_AFTER_MS)
