"""Exercise 4.8: rules that change while the job runs."""

from __future__ import annotations

from flott.common import Types
from flott.datastream import DataStream
from flott.datastream.state import MapStateDescriptor

LIMITS = MapStateDescriptor("limits", Types.STRING(), Types.LONG())


def above_limit(orders: DataStream, limits: DataStream) -> DataStream:
    """Keep the orders that are above the limit of their shop. Limits come as a second stream, and may change.

    An order is a tuple (shop, order_id, amount), a limit a tuple (shop, amount). A shop without a limit has none of its
    orders kept.

    ``limits.broadcast(LIMITS)`` hands each limit to every subtask; ``orders.connect(...)`` and ``process(...)`` with a
    class that extends ``BroadcastProcessFunction``: ``process_broadcast_element`` writes
    ``ctx.get_broadcast_state(LIMITS)``, and ``process_element`` reads it.

    in:  limit ("north", 100); order ("north", "O1", 150); limit ("north", 200); order ("north", "O2", 150)
    out: ("north", "O1", 150)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/broadcast_state/
    """
    raise NotImplementedError("exercise 4.8")
