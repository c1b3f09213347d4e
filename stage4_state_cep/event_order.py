"""Messages in the order of their time, each once: what a function needs that remembers what was before.

Kafka keeps the order of one partition; a topic with several, a producer that tries again and a slow network keep none.
So a message waits in state until the watermark says that no earlier one is on its way. What comes after that is late:
it is set aside in front, where it can be seen, and the state behind is never told a thing of the past.
"""

from __future__ import annotations

from collections.abc import Iterator

from flott.common import Types
from flott.datastream import KeyedProcessFunction, OutputTag, ProcessFunction, RuntimeContext
from flott.datastream.state import MapStateDescriptor
from utils.order_models import Order

LATE = OutputTag("late", Types.PICKLED_BYTE_ARRAY())
"""Messages behind the watermark."""

DUPLICATES = OutputTag("duplicates", Types.PICKLED_BYTE_ARRAY())
"""Messages that are waiting already, and came once more."""


class SetLateAside(ProcessFunction):
    """Lets messages pass that are in time, and sends the others to the tag :data:`LATE`."""

    def process_element(self, value: Order, ctx: ProcessFunction.Context) -> Iterator[Order | tuple[OutputTag, Order]]:
        if ctx.timestamp() > ctx.timer_service().current_watermark():
            yield value
        else:
            yield LATE, value


class InEventOrder(KeyedProcessFunction):
    """Hands the messages of each key on when the watermark has come to their time.

    State: the messages by their time, until then. A timer at that time takes them out.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        waiting = MapStateDescriptor("waiting", Types.LONG(), Types.PICKLED_BYTE_ARRAY())
        self._waiting = runtime_context.get_map_state(waiting)

    def process_element(
        self, value: Order, ctx: KeyedProcessFunction.Context
    ) -> Iterator[Order | tuple[OutputTag, Order]]:
        timestamp = ctx.timestamp()
        waiting = self._waiting.get(timestamp) or []
        self._waiting.put(timestamp, [*waiting, value])
        ctx.timer_service().register_event_time_timer(timestamp)
        return iter(())

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Order]:
        yield from self._waiting.get(timestamp)
        self._waiting.remove(timestamp)


class OnceInEventOrder(InEventOrder):
    """The same, and a message that is waiting already does not pass again: it goes to the tag :data:`DUPLICATES`."""

    def process_element(
        self, value: Order, ctx: KeyedProcessFunction.Context
    ) -> Iterator[Order | tuple[OutputTag, Order]]:
        if value in (self._waiting.get(ctx.timestamp()) or []):
            yield DUPLICATES, value
        else:
            yield from super().process_element(value, ctx)
