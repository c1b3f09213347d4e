"""Orders that are not paid within 30 minutes.

    python stage4_state_cep/order_timeout_detector.py --bounded     # read what is in the topic, then end
    python stage4_state_cep/order_timeout_detector.py               # go on until Ctrl-C

No message says that nothing happened. A timer does: it is set when the order is placed, and taken back when it is paid.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Row, Types
from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.datastream.state import ValueStateDescriptor
from stage4_state_cep.anomaly import ANOMALY_TYPE, Kind, anomaly
from stage4_state_cep.detection import Found, Messages, main
from utils.order_models import Order

PAY_WITHIN_MS = 30 * 60 * 1000
"""A payment in the last millisecond of it is in time."""


class PaymentTimeout(KeyedProcessFunction):
    """Yields an anomaly for each order that was neither paid nor cancelled in time.

    State: the order that waits for its payment, and when it has waited too long. Runs on messages in the order of their
    time, keyed by ``order_id``.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        self._unpaid = runtime_context.get_state(ValueStateDescriptor("unpaid", Types.PICKLED_BYTE_ARRAY()))
        self._deadline = runtime_context.get_state(ValueStateDescriptor("deadline", Types.LONG()))

    def process_element(self, value: Order, ctx: KeyedProcessFunction.Context) -> None:
        if value.status == "CREATED" and self._unpaid.value() is None:
            deadline = ctx.timestamp() + PAY_WITHIN_MS
            self._unpaid.update(value)
            self._deadline.update(deadline)
            ctx.timer_service().register_event_time_timer(deadline)
        elif value.status in ("PAID", "CANCELLED") and self._unpaid.value() is not None:
            deadline = self._deadline.value()
            # Watermarks come in steps, and timers with them: a payment may be here before the timer it is too late for.
            if ctx.timestamp() <= deadline:
                ctx.timer_service().delete_event_time_timer(deadline)
                self._forget()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        order = self._unpaid.value()
        self._forget()
        detail = f"placed at {order.order_time}, not paid within {PAY_WITHIN_MS // 60_000} minutes"
        yield anomaly(Kind.PAYMENT_TIMEOUT, order.order_id, order.user_id, order.amount, detail, timestamp, ctx)

    def _forget(self) -> None:
        self._unpaid.clear()
        self._deadline.clear()


def find_timeouts(messages: Messages) -> Found:
    """Adds the timers to the job."""
    by_order = messages.by_order.key_by(lambda order: order.order_id)
    timeouts = by_order.process(PaymentTimeout(), output_type=ANOMALY_TYPE)
    return Found(timeouts.name("payment timeouts").uid("payment timeouts"))


if __name__ == "__main__":
    sys.exit(main("order_timeout_detector", [find_timeouts]))
