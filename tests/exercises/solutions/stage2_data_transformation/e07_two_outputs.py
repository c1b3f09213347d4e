"""Solution of exercise 2.7."""

from collections.abc import Iterator
from typing import Any

from flott.common import Row, Types
from flott.datastream import DataStream, OutputTag, ProcessFunction

HEADER_TYPE = Types.ROW_NAMED(["order_id", "amount"], [Types.STRING(), Types.BIG_DEC()])
LINE_TYPE = Types.ROW_NAMED(["order_id", "line_no", "line_amount"], [Types.STRING(), Types.INT(), Types.BIG_DEC()])
LINES = OutputTag("lines", LINE_TYPE)


class Split(ProcessFunction):
    def process_element(self, value: dict[str, Any], ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield Row(value["order_id"], value["amount"])
        for number, item in enumerate(value["items"], start=1):
            yield LINES, Row(value["order_id"], number, item["price"] * item["quantity"])


def split(orders: DataStream) -> tuple[DataStream, DataStream]:
    headers = orders.process(Split(), output_type=HEADER_TYPE)
    return headers, headers.get_side_output(LINES)
