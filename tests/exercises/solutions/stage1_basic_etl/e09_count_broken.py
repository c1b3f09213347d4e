"""Solution of exercise 1.9."""

import json
from collections.abc import Iterator
from typing import Any

from flott.datastream import DataStream, FlatMapFunction, RuntimeContext


class ReadOrder(FlatMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.broken = runtime_context.get_metrics_group().counter("broken")

    def flat_map(self, value: str) -> Iterator[Any]:
        try:
            order = json.loads(value)
        except ValueError:
            self.broken.inc()
        else:
            yield order


def read_orders(messages: DataStream) -> DataStream:
    return messages.flat_map(ReadOrder()).name("read orders")
