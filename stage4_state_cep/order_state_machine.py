"""A state machine for every order: which steps its messages took, and which of them were not allowed.

    python stage4_state_cep/order_state_machine.py --bounded     # read what is in the topic, then end
    python stage4_state_cep/order_state_machine.py               # go on until Ctrl-C

              ┌──────────────────────> CANCELLED
              │           ┌──────────────^
    (new) ─> CREATED ─> PAID ─> SHIPPED ─> COMPLETED

A step that is allowed becomes a line of the log of changes. Any other one is an anomaly, and the order stays what it
was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Row, Types
from flott.datastream import KeyedProcessFunction, OutputTag, RuntimeContext
from flott.datastream.state import ValueStateDescriptor
from stage4_state_cep.anomaly import ANOMALY_TYPE, Kind, anomaly
from stage4_state_cep.detection import Found, Messages, main
from utils.order_models import Order

ALLOWED: dict[str | None, tuple[str, ...]] = {
    None: ("CREATED",),
    "CREATED": ("PAID", "CANCELLED"),
    "PAID": ("SHIPPED", "CANCELLED"),
    "SHIPPED": ("COMPLETED",),
    "COMPLETED": (),
    "CANCELLED": (),
}
"""What an order may become, by what it is; None is an order that nobody has heard of."""

FORGET_AFTER_MS = 24 * 60 * 60 * 1000
"""An order that nothing was heard of for this long, by event time, is forgotten; otherwise the state grows for ever."""

ILLEGAL = OutputTag("illegal transitions", ANOMALY_TYPE)


class OrderStateMachine(KeyedProcessFunction):
    """Knows the status of each order. Yields what changes it; what is not allowed goes to the tag :data:`ILLEGAL`.

    Runs on messages in the order of their time, keyed by ``order_id``.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        self._status = runtime_context.get_state(ValueStateDescriptor("status", Types.STRING()))
        self._heard = runtime_context.get_state(ValueStateDescriptor("heard", Types.LONG()))
        told = Types.TUPLE([Types.LONG(), Types.STRING()])
        self._told = runtime_context.get_state(ValueStateDescriptor("told", told))

    def process_element(self, value: Order, ctx: KeyedProcessFunction.Context) -> Iterator[str | tuple[OutputTag, Row]]:
        timestamp = ctx.timestamp()
        heard = self._heard.value()
        # Watermarks come in steps, and timers with them: what is to be forgotten may still be there.
        known = heard is not None and timestamp < heard + FORGET_AFTER_MS
        before = self._status.value() if known else None
        self._heard.update(timestamp)
        ctx.timer_service().register_event_time_timer(timestamp + FORGET_AFTER_MS)
        if value.status in ALLOWED[before]:
            self._status.update(value.status)
            yield change_line(value, before)
            return
        detail = f"{before or 'unknown'} -> {value.status}"
        told = self._told.value()
        if told is not None and told[0] == timestamp:
            # The second one of a moment would replace the first: they have one key in the table. So it tells of both.
            detail = f"{told[1]}; {detail}"
        self._told.update((timestamp, detail))
        order = (value.order_id, value.user_id, value.amount)
        yield ILLEGAL, anomaly(Kind.ILLEGAL_TRANSITION, *order, detail, timestamp, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[str]:
        # Each message set a timer; all but the last one's find that something was heard of the order since.
        if timestamp >= self._heard.value() + FORGET_AFTER_MS:
            for state in (self._status, self._heard, self._told):
                state.clear()
        # PyFlink takes None from process_element, but not from here.
        return iter(())


def change_line(order: Order, before: str | None) -> str:
    """A change as a line of JSON."""
    line = {"order_id": order.order_id, "from": before, "to": order.status, "time": order.order_time.isoformat(" ")}
    return json.dumps(line, ensure_ascii=False)


def find_illegal_transitions(messages: Messages) -> Found:
    """Adds the state machine to the job."""
    by_order = messages.by_order.key_by(lambda order: order.order_id)
    changes = by_order.process(OrderStateMachine(), output_type=Types.STRING())
    changes = changes.name("state machine").uid("state machine")
    return Found(changes.get_side_output(ILLEGAL), logs={"changes": changes})


if __name__ == "__main__":
    sys.exit(main("order_state_machine", [find_illegal_transitions]))
