"""Solution of exercise 4.8."""

from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import BroadcastProcessFunction, DataStream
from flott.datastream.state import MapStateDescriptor

LIMITS = MapStateDescriptor("limits", Types.STRING(), Types.LONG())


class AboveLimit(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(
        self, value: tuple[str, str, int], ctx: BroadcastProcessFunction.ReadOnlyContext
    ) -> Iterator[Any]:
        limit = ctx.get_broadcast_state(LIMITS).get(value[0])
        if limit is not None and value[2] > limit:
            yield value

    def process_broadcast_element(self, value: tuple[str, int], ctx: BroadcastProcessFunction.Context) -> None:
        ctx.get_broadcast_state(LIMITS).put(*value)


def above_limit(orders: DataStream, limits: DataStream) -> DataStream:
    return orders.connect(limits.broadcast(LIMITS)).process(AboveLimit())
