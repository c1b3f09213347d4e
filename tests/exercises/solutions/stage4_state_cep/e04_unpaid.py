"""Solution of exercise 4.4."""

from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ValueStateDescriptor

PATIENCE_MS = 30 * 60_000


class Unpaid(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.timer = runtime_context.get_state(ValueStateDescriptor("timer", Types.LONG()))

    def process_element(self, value: tuple[str, str], ctx: KeyedProcessFunction.Context) -> None:
        _, what = value
        timer = self.timer.value()
        if what == "placed":
            self.timer.update(ctx.timestamp() + PATIENCE_MS)
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + PATIENCE_MS)
        elif timer is not None:
            ctx.timer_service().delete_event_time_timer(timer)
            self.timer.clear()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        self.timer.clear()
        yield "unpaid", ctx.get_current_key()
