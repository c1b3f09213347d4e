"""Judges exercise 2.10, with the five orders of this week's README."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flott.testing import Harness
from stage2_data_transformation.exercises.e10_whole_job import Transformed, transform
from utils.exercise import expect


def message(order_id: str, amount: float, *items: tuple[str, float, int], status: str = "completed") -> str:
    listed = [{"id": id, "price": price, "quantity": quantity} for id, price, quantity in items]
    order = {"order_id": order_id, "user_id": "U1", "amount": amount, "status": status, "items": listed}
    return json.dumps(order)


MESSAGES = [
    message("1001", 99.99, ("I001", 49.99, 1), ("I002", 25, 2)),
    message("1002", 149.50, ("I003", 149.50, 1), status=" Pending"),
    message("1003", 75.25, ("I002", 25, 3)),
    message("1004", 200, ("I005", 100, 2)),
    message("1005", 299.99, ("I006", 299.99, 1)),
    "oops",
]


def run(harness: Harness) -> Transformed:
    made = transform(harness.source("messages"))
    harness.feed("messages", *MESSAGES)
    return made


def test_four_headers(flott_harness: Harness) -> None:
    expected: list[Any] = [
        ("1001", "U1", Decimal("99.99"), "completed"),
        ("1002", "U1", Decimal("149.5"), "pending"),
        ("1004", "U1", Decimal("200"), "completed"),
        ("1005", "U1", Decimal("299.99"), "completed"),
    ]
    idea = "json.loads(text, parse_float=Decimal); a whole number is an int then: Decimal(200) makes it money"
    expect(flott_harness.output(run(flott_harness).headers), expected, MESSAGES, idea)


def test_five_lines(flott_harness: Harness) -> None:
    expected: list[Any] = [
        ("1001", 1, "I001", 1, Decimal("49.99")),
        ("1001", 2, "I002", 2, Decimal("50")),
        ("1002", 1, "I003", 1, Decimal("149.5")),
        ("1004", 1, "I005", 2, Decimal("200")),
        ("1005", 1, "I006", 1, Decimal("299.99")),
    ]
    idea = "price * quantity of each item of a good order; refused orders have no lines"
    expect(flott_harness.output(run(flott_harness).lines), expected, MESSAGES, idea)


def test_what_is_refused(flott_harness: Harness) -> None:
    got = dict(flott_harness.output(run(flott_harness).rejected))
    expected = {"oops": ["not an order"], MESSAGES[2]: ["amount mismatch"]}
    expect(got, expected, MESSAGES, "25 * 3 is 75.00 and not 75.25; the message itself has to travel with the order")


def test_nothing_vanishes(flott_harness: Harness) -> None:
    made = run(flott_harness)
    ended = len(flott_harness.output(made.headers)) + len(flott_harness.output(made.rejected))
    expect(ended, len(MESSAGES), MESSAGES, "messages read = headers + rejected")
