"""Exercise 4.10: a watch on orders."""

from __future__ import annotations

from flott.datastream import DataStream


def anomalies(events: DataStream) -> DataStream:
    """Build the job of this week, without source and sinks: a stream of tuples (kind, order_id).

    An event is a dict {"order_id", "user_id", "status", "amount"}, and its timestamp says when it happened; event time
    and watermarks are there already, and events come in the order of their times.

    - ("illegal", order_id): a step that ``NEXT`` of exercise 4.6 does not allow
    - ("large", order_id): CREATED with an amount above 10000
    - ("frequent", order_id): CREATED, and more than 5 of this user within a minute, as in exercise 4.5
    - ("unpaid", order_id): CREATED, and neither PAID nor CANCELLED 30 minutes later

    Two of them look at an order, two at a user: the stream is keyed twice, and the results are united. You may import
    what you wrote in earlier exercises.

    in:  O1 CREATED with 20000 at 0; O1 SHIPPED at 1 min; event time reaches 30 min
    out: ("large", "O1"), ("illegal", "O1"), ("unpaid", "O1")
    """
    raise NotImplementedError("exercise 4.10")
