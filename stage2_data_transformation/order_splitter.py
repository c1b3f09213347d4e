"""The split: one order in, one row for order_header and one row an item for order_line out.

Both leave one operator: the header on its main output, the lines through a side output. A side output is no place for
errors alone; it is an output of another type.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flott.common import Row
from flott.datastream import OutputTag, ProcessFunction
from stage1_basic_etl.flink_order_etl import LINE_TYPE, header_row, line_rows
from utils.order_models import Order

LINES = OutputTag("lines", LINE_TYPE)


class SplitOrder(ProcessFunction):
    """Rows of order_header; rows of order_line at the tag ``LINES``.

    :param load_time: when the job that writes the rows was started, in UTC without a zone.
    """

    def __init__(self, load_time: datetime) -> None:
        self._load_time = load_time

    def process_element(self, value: Order, ctx: ProcessFunction.Context) -> Iterator[Row | tuple[OutputTag, Row]]:
        yield header_row(value, self._load_time)
        for line in line_rows(value):
            yield LINES, line
