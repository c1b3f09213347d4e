"""Solution of exercise 4.6."""

from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import KeyedProcessFunction, OutputTag, RuntimeContext
from flott.datastream.state import ValueStateDescriptor

NEXT = {
    None: {"CREATED"},
    "CREATED": {"PAID", "CANCELLED"},
    "PAID": {"SHIPPED", "CANCELLED"},
    "SHIPPED": {"COMPLETED"},
    "COMPLETED": set(),
    "CANCELLED": set(),
}
ILLEGAL = OutputTag("illegal", Types.PICKLED_BYTE_ARRAY())


class OrderStates(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.status = runtime_context.get_state(ValueStateDescriptor("status", Types.STRING()))

    def process_element(self, value: tuple[str, str], ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        order, status = value
        before = self.status.value()
        if status == before:
            return
        if status in NEXT[before]:
            self.status.update(status)
            yield order, before, status
        else:
            yield ILLEGAL, (order, before, status)
