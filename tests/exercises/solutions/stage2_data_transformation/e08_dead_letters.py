"""Solution of exercise 2.8."""

import json
from collections.abc import Iterator
from typing import Any

from flott.common import Types
from flott.datastream import DataStream, OutputTag, ProcessFunction

REJECTED = OutputTag("rejected", Types.STRING())


def letter(step: str, raw: str) -> str:
    return json.dumps({"step": step, "raw": raw}, ensure_ascii=False)


class Read(ProcessFunction):
    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[Any]:
        try:
            order = json.loads(value)
        except ValueError:
            order = None
        if isinstance(order, dict):
            yield value, order
        else:
            yield REJECTED, letter("read", value)


class Validate(ProcessFunction):
    def process_element(self, value: tuple[str, dict[str, Any]], ctx: ProcessFunction.Context) -> Iterator[Any]:
        raw, order = value
        if "order_id" in order:
            yield order
        else:
            yield REJECTED, letter("validate", raw)


def dead_letters(messages: DataStream) -> tuple[DataStream, DataStream]:
    read = messages.process(Read()).name("read")
    orders = read.process(Validate()).name("validate")
    return orders, read.get_side_output(REJECTED).union(orders.get_side_output(REJECTED))
