"""Solution of exercise 2.6."""

from decimal import Decimal
from typing import Any


def reasons(order: dict[str, Any]) -> list[str]:
    broken = [f"missing {field}" for field in ("order_id", "user_id", "amount") if order.get(field) is None]
    amount = order.get("amount")
    if amount is not None and amount <= 0:
        broken.append("amount not positive")
    if order.get("status") not in ("completed", "pending", "failed"):
        broken.append("unknown status")
    items = order.get("items")
    if items and amount is not None:
        total = sum(item["price"] * item["quantity"] for item in items)
        if abs(total - amount) >= Decimal("0.01"):
            broken.append("amount mismatch")
    return broken
