"""Orders that are large, and users who order too often, or again and again.

    python stage4_state_cep/order_anomaly_detector.py --bounded     # read what is in the topic, then end
    python stage4_state_cep/order_anomaly_detector.py               # go on until Ctrl-C

A large order can be told by itself. The others take a memory of what the same user did before: of a minute, and of a
run of orders that nobody knows the end of until nothing has come for a while.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Row, Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ListStateDescriptor, ValueStateDescriptor
from stage3_window_statistics.window_aggregators import time_of
from stage4_state_cep.anomaly import ANOMALY_TYPE, Kind, anomaly
from stage4_state_cep.detection import Found, Messages, main
from utils.order_models import Order

LARGE = Decimal(10_000)
"""An order is large if it costs more than this."""

MINUTE_MS = 60_000
ORDERS_A_MINUTE = 5
"""Each order of a user beyond these is one too many, wherever the minute begins."""

RUN_GAP_MS = 10 * MINUTE_MS
RUN_LENGTH = 3
"""So many orders are a run, none of them more than the gap behind the one before."""

RUN_TYPE = Types.ROW_NAMED(
    ["count", "amount", "first", "last", "order"],
    [Types.LONG(), Types.BIG_DEC(), Types.LONG(), Types.LONG(), Types.STRING()],
)
"""How many orders, what they cost, when the first and the last one came (ms), and which the last one was."""


class UserOrders(KeyedProcessFunction):
    """Yields the anomalies of each user's orders.

    State: when the orders of the last minute came, and the run that is going on. Runs on new orders in the order of
    their time, keyed by ``user_id``.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        self._minute = runtime_context.get_list_state(ListStateDescriptor("minute", Types.LONG()))
        self._run = runtime_context.get_state(ValueStateDescriptor("run", RUN_TYPE))

    def process_element(self, value: Order, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        timestamp = ctx.timestamp()
        order = (value.order_id, value.user_id, value.amount)
        if value.amount > LARGE:
            yield anomaly(Kind.LARGE_ORDER, *order, f"more than {LARGE:,}", timestamp, ctx)

        minute = [time for time in self._minute.get() if time > timestamp - MINUTE_MS] + [timestamp]
        self._minute.update(minute)
        if len(minute) > ORDERS_A_MINUTE:
            detail = f"order {len(minute)} within a minute, since {time_of(minute[0])}"
            yield anomaly(Kind.FREQUENT_ORDERS, *order, detail, timestamp, ctx)

        run = self._run.value()
        if run is not None and timestamp > run["last"] + RUN_GAP_MS:
            # Watermarks come in steps, and timers with them: this order is here before the timer that ends the run.
            yield from run_anomaly(run, ctx)
            run = None
        count, total, first = (run["count"], run["amount"], run["first"]) if run else (0, Decimal(0), timestamp)
        amount = total + value.amount
        self._run.update(Row(count=count + 1, amount=amount, first=first, last=timestamp, order=value.order_id))
        # If no order comes until then, the run is over. The timers of the orders before find that it was not.
        ctx.timer_service().register_event_time_timer(timestamp + RUN_GAP_MS)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        run = self._run.value()
        if run["last"] + RUN_GAP_MS == timestamp:
            self._run.clear()
            self._minute.clear()
            yield from run_anomaly(run, ctx)


def run_anomaly(run: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
    """What is to be told of a run that is over; nothing if it was too short."""
    count, amount, first, last, order = run
    if count >= RUN_LENGTH:
        detail = f"{count} orders from {time_of(first)} to {time_of(last)}, {amount:.2f} in all"
        yield anomaly(Kind.ORDER_RUN, order, ctx.get_current_key(), amount, detail, last + RUN_GAP_MS, ctx)


def is_new(order: Order) -> bool:
    """Whether the message says that an order was placed."""
    return order.status == "CREATED"


def find_anomalies(messages: Messages) -> Found:
    """Adds the detector to the job."""
    placed = messages.by_user.filter(is_new).name("new orders").uid("new orders")
    users = placed.key_by(lambda order: order.user_id).process(UserOrders(), output_type=ANOMALY_TYPE)
    return Found(users.name("users' orders").uid("users' orders"))


if __name__ == "__main__":
    sys.exit(main("order_anomaly_detector", [find_anomalies]))
