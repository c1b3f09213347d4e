"""Exercise 4.4: something that does not happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flott.datastream import KeyedProcessFunction


class Unpaid(KeyedProcessFunction):
    """Names each order that has not been paid 30 minutes after it was placed: ("unpaid", order_id).

    An event is a tuple (order_id, "placed" or "paid"), and its timestamp says when it was; the stream is keyed by
    order_id. The absence of a record calls nothing: set a timer, ``ctx.timer_service().register_event_time_timer(ms)``,
    and take it away when the payment comes, ``delete_event_time_timer(ms)`` with the same time. ``on_timer`` is called
    when event time gets there. A "paid" without "placed" is nothing to speak of. When an order is settled either way,
    nothing is left in state.

    in:  ("O1", "placed") at 0, ("O2", "placed") at 0, ("O2", "paid") at 10 min, and event time reaches 30 min
    out: ("unpaid", "O1")

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/process_function/#timers
    """

    def process_element(self, value: tuple[str, str], ctx: KeyedProcessFunction.Context) -> Iterator[Any] | None:
        raise NotImplementedError("exercise 4.4")

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any] | None:
        raise NotImplementedError("exercise 4.4")
