"""Solution of exercise 2.5."""

import json
from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import DataStream, OutputTag, ProcessFunction

REJECTED = OutputTag("rejected", Types.STRING())


class ReadOrder(ProcessFunction):
    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[Any]:
        try:
            order = json.loads(value)
        except ValueError:
            order = None
        if isinstance(order, dict):
            yield order
        else:
            yield REJECTED, value


def read_orders(messages: DataStream) -> tuple[DataStream, DataStream]:
    orders = messages.process(ReadOrder())
    return orders, orders.get_side_output(REJECTED)
