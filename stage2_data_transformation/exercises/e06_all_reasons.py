"""Exercise 2.6: everything that is wrong, at once."""

from __future__ import annotations

from typing import Any


def reasons(order: dict[str, Any]) -> list[str]:
    """Return every rule that the order breaks, in this order; an empty list for a good one.

    - "missing order_id", "missing user_id", "missing amount": for each that is not there, or None
    - "amount not positive": the amount is 0 or less
    - "unknown status": it is not "completed", "pending" or "failed"
    - "amount mismatch": it has items, and the amount is 0.01 or more away from the sum of price times quantity

    Amounts and prices are ``Decimal``. This is a plain function: the best rules are those that need no job to be
    tested.

    in:  {"order_id": "O1", "user_id": "U7", "amount": Decimal("0"), "status": "lost", "items": []}
    out: ["amount not positive", "unknown status"]
    """
    raise NotImplementedError("exercise 2.6")
