"""Solution of exercise 4.2."""

from collections.abc import Iterator

from flott.common import Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ListStateDescriptor


class LastThree(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.last = runtime_context.get_list_state(ListStateDescriptor("last", Types.LONG()))

    def process_element(self, value: tuple[str, int], ctx: KeyedProcessFunction.Context) -> Iterator[tuple[str, int]]:
        user, cents = value
        last = [*(self.last.get() or []), cents][-3:]
        self.last.update(last)
        yield user, sum(last)
