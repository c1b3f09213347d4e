"""Solution of exercise 4.1."""

from collections.abc import Iterator

from flott.common import Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ValueStateDescriptor


class FirstOrder(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.BOOLEAN()))

    def process_element(self, value: tuple[str, str], ctx: KeyedProcessFunction.Context) -> Iterator[tuple[str, str]]:
        if self.seen.value() is None:
            self.seen.update(True)
            yield value
