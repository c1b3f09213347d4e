"""Judges exercise 2.6."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stage2_data_transformation.exercises.e06_all_reasons import reasons
from utils.exercise import expect

GOOD: dict[str, Any] = {
    "order_id": "1001",
    "user_id": "U7",
    "amount": Decimal("99.99"),
    "status": "completed",
    "items": [{"price": Decimal("49.99"), "quantity": 1}, {"price": Decimal("25"), "quantity": 2}],
}


def without(order: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in order.items() if name not in fields}


@pytest.mark.parametrize(
    ("order", "broken", "idea"),
    [
        (GOOD, [], "49.99 + 2 * 25 = 99.99"),
        (without(GOOD, "items"), [], "where there are no items there is nothing to compare the amount with"),
        ({**GOOD, "amount": Decimal("99.995")}, [], "0.005 is less than 0.01: systems round line by line"),
        ({**GOOD, "amount": Decimal("100.00")}, ["amount mismatch"], "exactly 0.01 away is too far"),
        ({**GOOD, "status": "COMPLETED"}, ["unknown status"], "cleaning comes before; here only three words are known"),
        (without(GOOD, "order_id", "items"), ["missing order_id"], "one rule broken, one reason"),
        ({**GOOD, "user_id": None}, ["missing user_id"], "None counts as missing"),
        (without(GOOD, "amount"), ["missing amount"], "a rule about the amount has nothing to look at without one"),
        (
            {"amount": Decimal("-1"), "status": "lost"},
            ["missing order_id", "missing user_id", "amount not positive", "unknown status"],
            "whoever repairs an order wants to see all of it: append to a list, don't return the first",
        ),
    ],
)
def test_every_broken_rule(order: dict[str, Any], broken: list[str], idea: str) -> None:
    expect(reasons(order), broken, order, idea)
