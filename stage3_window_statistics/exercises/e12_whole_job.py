"""Exercise 3.12: statistics of a shop."""

from __future__ import annotations

from dataclasses import dataclass

from flott.datastream import DataStream


@dataclass(frozen=True)
class Statistics:
    """What the job finds out, each as a stream."""

    minutes: DataStream
    users: DataStream
    late: DataStream


def statistics(messages: DataStream) -> Statistics:
    """Build the job of this week, without source and sinks.

    A message is JSON: {"order_id": "O1", "user_id": "U7", "amount": 12.50, "timestamp": "2024-01-01 10:00:00"}.
    The time is in UTC. Orders are up to 5 seconds out of order.

    - ``minutes``: (start of the minute in ms, orders, cents) for each minute
    - ``users``: (user_id, start of the hour in ms, orders, cents) for each user and hour
    - ``late``: the order_id of each order that was too late for its minute (no lateness is allowed)

    Money is counted in whole cents. ``datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()`` is in
    seconds.

    in:  the ten orders of this week's README, from 10:00 to 10:45
    out: ten minutes with one order each; users: U1 has 3 orders and 59075 cents, U2 2 and 42655, ...
    """
    raise NotImplementedError("exercise 3.12")
