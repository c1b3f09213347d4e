"""Solution of exercise 4.3."""

from collections.abc import Iterator

from flott.common import Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import MapStateDescriptor, ValueStateDescriptor


class Favourite(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.pieces = runtime_context.get_map_state(MapStateDescriptor("pieces", Types.STRING(), Types.LONG()))
        self.favourite = runtime_context.get_state(ValueStateDescriptor("favourite", Types.STRING()))

    def process_element(
        self, value: tuple[str, str, int], ctx: KeyedProcessFunction.Context
    ) -> Iterator[tuple[str, str]]:
        user, product, pieces = value
        count = (self.pieces.get(product) or 0) + pieces
        self.pieces.put(product, count)
        favourite = self.favourite.value()
        if favourite is None or (product != favourite and count > self.pieces.get(favourite)):
            self.favourite.update(product)
            yield user, product
