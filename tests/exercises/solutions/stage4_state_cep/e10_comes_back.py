"""Solution of exercise 4.10."""

from collections.abc import Iterator

from flott.common import RestartStrategies, Types
from flott.datastream import DataStream, KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.state import ValueStateDescriptor


def restartable(env: StreamExecutionEnvironment) -> None:
    env.enable_checkpointing(20)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(3, 10))


class Number(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[tuple[str, int]]:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield value, count


def numbered(orders: DataStream) -> DataStream:
    return orders.key_by(lambda user: user).process(Number())
