"""The functions that every system calls, one record at a time: nothing here knows who calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_order(line: str) -> dict[str, Any] | None:
    """The order on that line, or None for one that cannot be used."""
    try:
        order = json.loads(line)
        usable = order["user_id"] is not None and order["total_amount"] >= 0
    except (ValueError, KeyError):
        return None
    return order if usable else None


def order_lines(order: dict[str, Any]) -> Iterator[str]:
    """Each item of an order, with what it cost, as a JSON text."""
    for item in order["items"]:
        yield json.dumps(
            {
                "order_id": order["order_id"],
                "user_id": order["user_id"],
                "product_id": item["product_id"],
                "quantity": item["quantity"],
                "amount": round(item["quantity"] * item["unit_price"], 2),
                "order_time": order["order_time"],
            }
        )


def order_event(line: str) -> Iterator[tuple[str, float, int]]:
    """Who ordered, for how much and when (ms); nothing for an order that cannot be used."""
    order = read_order(line)
    if order is not None:
        yield order["user_id"], order["total_amount"], order["order_time"]


def order_step(line: str) -> Iterator[tuple[str, str, str, int]]:
    """Whose order, which, what became of it and when (ms); nothing for a line that cannot be used."""
    order = read_order(line)
    if order is not None:
        yield order["user_id"], order["order_id"], order["order_status"], order["order_time"]


def window_line(user: str, start: int, count: int, total: float) -> str:
    """How many orders a user had in the window that begins at ``start``, and for how much."""
    return f"{user},{start},{count},{total:.2f}"
