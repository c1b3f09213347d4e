"""Exercise 2.7: the split into two tables."""

from __future__ import annotations

from flott.common import Types
from flott.datastream import DataStream, OutputTag

HEADER_TYPE = Types.ROW_NAMED(["order_id", "amount"], [Types.STRING(), Types.BIG_DEC()])
LINE_TYPE = Types.ROW_NAMED(["order_id", "line_no", "line_amount"], [Types.STRING(), Types.INT(), Types.BIG_DEC()])
LINES = OutputTag("lines", LINE_TYPE)


def split(orders: DataStream) -> tuple[DataStream, DataStream]:
    """Make of each order a row of HEADER_TYPE on the main output, and of each item a row of LINE_TYPE at LINES.

    A side output is not for errors alone: it is a second output with a type of its own. Declare the main output's type
    with ``process(function, output_type=...)``; that of the side output is in the tag.

    in:  {"order_id": "1001", "amount": Decimal("99.99"),
          "items": [{"price": Decimal("49.99"), "quantity": 1}, {"price": Decimal("25"), "quantity": 2}]}
    out: Row("1001", Decimal("99.99")), and at LINES Row("1001", 1, Decimal("49.99")), Row("1001", 2, Decimal("50"))
    """
    raise NotImplementedError("exercise 2.7")
