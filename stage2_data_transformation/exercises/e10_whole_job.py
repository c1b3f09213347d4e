"""Exercise 2.10: read, clean, validate, split."""

from __future__ import annotations

from dataclasses import dataclass

from flott.datastream import DataStream


@dataclass(frozen=True)
class Transformed:
    """What becomes of the messages, each as a stream."""

    headers: DataStream
    lines: DataStream
    rejected: DataStream


def transform(messages: DataStream) -> Transformed:
    """Build the job of this week, without source and sinks.

    - ``headers``: tuples (order_id, user_id, amount, status), where amount is a ``Decimal``; the status is cleaned as
      in exercise 2.1;
    - ``lines``: tuples (order_id, line_no, item_id, quantity, line_amount);
    - ``rejected``: tuples (raw, reasons): the message as it came, and the list of exercise 2.6; ["not an order"] for
      one that is no JSON object.

    Every message ends in ``headers`` or in ``rejected``. You may import what you wrote in earlier exercises.

    in:  '{"order_id": "1003", "user_id": "U1", "amount": 75.25, "status": "completed",
           "items": [{"id": "I003", "price": 25, "quantity": 3}]}'
    out: nothing in headers and lines; in rejected the message, with ["amount mismatch"]: 3 * 25 = 75.00
    """
    raise NotImplementedError("exercise 2.10")
