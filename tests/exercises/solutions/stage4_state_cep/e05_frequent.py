"""Solution of exercise 4.5."""

from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ListStateDescriptor


class Alerts(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.times = runtime_context.get_list_state(ListStateDescriptor("times", Types.LONG()))

    def process_element(self, value: tuple[str, str, int], ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        _, order, amount = value
        if amount > 10_000:
            yield "large", order
        now = ctx.timestamp()
        recent = [time for time in self.times.get() or [] if time > now - 60_000] + [now]
        self.times.update(recent)
        if len(recent) > 5:
            yield "frequent", order
