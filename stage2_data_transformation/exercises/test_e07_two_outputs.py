"""Judges exercise 2.7."""

from __future__ import annotations

from decimal import Decimal

from flott.testing import Harness
from stage2_data_transformation.exercises.e07_two_outputs import HEADER_TYPE, LINE_TYPE, split
from utils.exercise import expect

ORDERS = [
    {
        "order_id": "1001",
        "amount": Decimal("99.99"),
        "items": [{"price": Decimal("49.99"), "quantity": 1}, {"price": Decimal("25"), "quantity": 2}],
    },
    {"order_id": "1004", "amount": Decimal("200"), "items": [{"price": Decimal("100"), "quantity": 2}]},
]


def test_headers(flott_harness: Harness) -> None:
    headers, _ = split(flott_harness.source("orders"))
    flott_harness.feed("orders", *ORDERS)
    got = [list(row) for row in flott_harness.output(headers)]
    expect(got, [["1001", Decimal("99.99")], ["1004", Decimal("200")]], ORDERS, "yield Row(order_id, amount)")


def test_lines(flott_harness: Harness) -> None:
    _, lines = split(flott_harness.source("orders"))
    flott_harness.feed("orders", *ORDERS)
    got = [list(row) for row in flott_harness.output(lines)]
    expected = [["1001", 1, Decimal("49.99")], ["1001", 2, Decimal("50")], ["1004", 1, Decimal("200")]]
    expect(got, expected, ORDERS, "yield LINES, Row(...) for each item; the numbers begin with 1 in each order")


def test_both_streams_know_their_types(flott_harness: Harness) -> None:
    headers, lines = split(flott_harness.source("orders"))
    types = [headers.get_type(), lines.get_type()]
    expect(types, [HEADER_TYPE, LINE_TYPE], "the types of the two streams", "process(..., output_type=HEADER_TYPE)")
