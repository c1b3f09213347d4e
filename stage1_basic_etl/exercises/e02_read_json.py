"""Exercise 1.2: text becomes data."""

from __future__ import annotations

from flott.datastream import DataStream


def order_amounts(messages: DataStream) -> DataStream:
    """Make of each message the pair (order_id, amount).

    The messages are texts, each with one order as JSON. One ``map()`` is enough; ``json.loads`` of Python reads the
    text.

    in:  '{"order_id": "O1", "user_id": "U7", "amount": 12.5}'
    out: ("O1", 12.5)
    """
    raise NotImplementedError("exercise 1.2")
