"""Solution of exercise 4.13."""

from flott.common import Types
from flott.datastream import CheckpointedFunction, DataStream, MapFunction
from flott.datastream.functions import FunctionInitializationContext, FunctionSnapshotContext
from flott.datastream.state import ListStateDescriptor


class Tickets(MapFunction, CheckpointedFunction):
    def initialize_state(self, context: FunctionInitializationContext) -> None:
        descriptor = ListStateDescriptor("next", Types.LONG())
        self.stored = context.get_operator_state_store().get_list_state(descriptor)
        self.next = next(iter(self.stored.get()), 1)

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        self.stored.update([self.next])

    def map(self, value: str) -> tuple[int, str]:
        ticket = self.next, value
        self.next += 1
        return ticket


def tickets(orders: DataStream) -> DataStream:
    return orders.map(Tickets())
