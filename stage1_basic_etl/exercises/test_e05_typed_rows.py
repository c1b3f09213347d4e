"""Judges exercise 1.5."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from flott.common import Types
from flott.testing import Harness
from stage1_basic_etl.exercises.e05_typed_rows import header_rows, header_type
from utils.exercise import build, expect

ORDER = {"order_id": "O1", "user_id": "U7", "amount": "12.50", "quantity": "2", "timestamp": "2024-01-01 10:00:00"}
VALUES = ["O1", "U7", Decimal("12.50"), 2, datetime(2024, 1, 1, 10, 0)]


def test_the_columns() -> None:
    made = header_type()
    names = ["order_id", "user_id", "amount", "quantity", "order_time"]
    expect(made.get_field_names(), names, "the type's names", "Types.ROW_NAMED takes the names first")
    types = [Types.STRING(), Types.STRING(), Types.BIG_DEC(), Types.INT(), Types.SQL_TIMESTAMP()]
    expect(made.get_field_types(), types, "the type's columns", "one type a name, in the same order")


def test_a_row_with_values_of_these_types(flott_harness: Harness) -> None:
    rows = build(header_rows, flott_harness.source("orders"))
    flott_harness.feed("orders", ORDER)
    got = [list(row) for row in flott_harness.output(rows)]
    expect(got, [VALUES], ORDER, "Decimal(text), int(text), datetime.fromisoformat(text)")


def test_the_stream_knows_its_type(flott_harness: Harness) -> None:
    rows = build(header_rows, flott_harness.source("orders"))
    idea = "map(function, output_type=header_type()): a sink to a table needs to know the columns"
    expect(rows.get_type(), header_type(), "the type of the stream", idea)
