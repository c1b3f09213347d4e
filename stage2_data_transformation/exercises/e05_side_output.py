"""Exercise 2.5: what is wrong goes another way."""

from __future__ import annotations

from flott.common import Types
from flott.datastream import DataStream, OutputTag

REJECTED = OutputTag("rejected", Types.STRING())
"""Where messages go that are no orders."""


def read_orders(messages: DataStream) -> tuple[DataStream, DataStream]:
    """Make a dict of each message that is a JSON object; send the others, as they came, to the side output REJECTED.

    Return both streams: the orders, and ``orders.get_side_output(REJECTED)``. A list or a number is JSON too, and no
    order.

    Write a class that extends ``ProcessFunction`` with ``process_element(self, value, ctx)``: ``yield x`` is the main
    output, ``yield REJECTED, x`` the side output.

    in:  '{"order_id": "O1"}', 'oops', '[1]'
    out: {"order_id": "O1"}, and on the side 'oops', '[1]'

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/side_output/
    """
    raise NotImplementedError("exercise 2.5")
