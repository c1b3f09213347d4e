"""Orders and users whose events follow a pattern.

    python stage4_state_cep/order_cep_processor.py --bounded     # read what is in the topics, then end
    python stage4_state_cep/order_cep_processor.py               # go on until Ctrl-C

The patterns are in patterns.py; here is where their events come from and what is told of their matches. Frequent orders
and payments that do not come are found twice in this week, with state and timers and as a pattern: the rows are the
same. So the job with all detectors takes only the others from here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.cep import CEP, PatternProcessFunction, TimedOutPartialMatchHandler
from flott.common import Row, Types
from flott.datastream import DataStream, OutputTag
from stage2_data_transformation.dead_letters import log_line
from stage3_window_statistics.window_aggregators import millis_of, time_of
from stage4_state_cep.anomaly import ANOMALY_FIELDS, ANOMALY_TYPE, Kind
from stage4_state_cep.detection import Found, Messages, main
from stage4_state_cep.order_anomaly_detector import is_new
from stage4_state_cep.order_timeout_detector import PAY_WITHIN_MS
from stage4_state_cep.patterns import (
    DECIDE_WITHIN_MS,
    frequent_orders,
    paid_after_failures,
    purchase,
    rising_orders,
    unpaid_order,
)
from stage4_state_cep.user_actions import Actions, UserAction
from utils.order_models import Order, to_cents

PURCHASES = OutputTag("purchases", ANOMALY_TYPE)
UNDECIDED = OutputTag("undecided", ANOMALY_TYPE)

Match = dict[str, list[Any]]


def row(
    kind: Kind,
    of: Order | UserAction,
    amount: Decimal,
    detail: str,
    time: datetime,
    ctx: PatternProcessFunction.Context,
) -> Row:
    """A row of the table of anomalies."""
    now = time_of(ctx.current_processing_time())
    return Row(of.order_id, kind.value, time, of.user_id, to_cents(amount), detail, now)


class RisingOrders(PatternProcessFunction):
    def process_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterator[Row]:
        orders: list[Order] = [match[name][0] for name in ("first", "second", "third")]
        detail = " < ".join(f"{order.amount:.2f}" for order in orders)
        last = orders[-1]
        yield row(Kind.RISING_ORDERS, last, last.amount, detail, last.order_time, ctx)


class FrequentOrders(PatternProcessFunction):
    def process_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterator[Row]:
        orders: list[Order] = match["order"]
        last = orders[-1]
        detail = f"{len(orders)} orders within a minute, since {orders[0].order_time}"
        yield row(Kind.FREQUENT_ORDERS, last, last.amount, detail, last.order_time, ctx)


class UnpaidOrder(PatternProcessFunction):
    def process_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterator[Row]:
        order: Order = match["placed"][0]
        detail = f"placed at {order.order_time}, not paid within {PAY_WITHIN_MS // 60_000} minutes"
        deadline = time_of(millis_of(order.order_time) + PAY_WITHIN_MS)
        yield row(Kind.PAYMENT_TIMEOUT, order, order.amount, detail, deadline, ctx)


class PaidAfterFailures(PatternProcessFunction):
    def process_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterator[Row]:
        paid: UserAction = match["paid"][0]
        detail = f"paid after {len(match['failed'])} payments that failed, since {match['failed'][0].time}"
        yield row(Kind.PAID_AFTER_FAILURES, paid, paid.amount, detail, paid.time, ctx)


class Purchase(PatternProcessFunction, TimedOutPartialMatchHandler):
    """Yields to side outputs: how long a purchase took from the first look on, and orders without a payment."""

    def process_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterator[tuple[OutputTag, Row]]:
        looked, paid = match["looked"][0], match["paid"][0]
        detail = f"paid {(paid.time - looked.time).total_seconds():.0f} s after the first look"
        yield PURCHASES, row(Kind.PURCHASE, paid, paid.amount, detail, paid.time, ctx)

    def process_timed_out_match(self, match: Match, ctx: PatternProcessFunction.Context) -> Iterator[Any]:
        if "ordered" not in match:
            return  # only a look
        looked, ordered = match["looked"][0], match["ordered"][0]
        minutes = DECIDE_WITHIN_MS // 60_000
        detail = f"looked at {looked.time}, ordered at {ordered.time}, not paid within {minutes} minutes"
        yield UNDECIDED, row(Kind.ORDERED_NOT_PAID, ordered, ordered.amount, detail, time_of(ctx.timestamp()), ctx)


def find_patterns(messages: Messages) -> Found:
    """Adds all patterns to the job."""
    by_user = new_orders(messages).key_by(lambda order: order.user_id)
    by_order = messages.by_order.key_by(lambda order: order.order_id)
    again = [
        named(CEP.pattern(by_user, frequent_orders()).process(FrequentOrders(), ANOMALY_TYPE), "frequent orders"),
        named(CEP.pattern(by_order, unpaid_order()).process(UnpaidOrder(), ANOMALY_TYPE), "unpaid orders"),
    ]
    others = find_what_only_patterns_find(messages)
    return Found(others.anomalies.union(*again), others.logs)


def find_what_only_patterns_find(messages: Messages) -> Found:
    """Adds those patterns to the job of which no other detector of this week knows."""
    by_user = new_orders(messages).key_by(lambda order: order.user_id)
    rising = named(CEP.pattern(by_user, rising_orders()).process(RisingOrders(), ANOMALY_TYPE), "rising orders")
    in_actions = find_in_actions(messages.actions)
    return Found(rising.union(in_actions.anomalies), in_actions.logs)


def find_in_actions(actions: Actions) -> Found:
    """Adds the patterns of what users do to the job; their purchases are a log."""
    by_order = actions.timed.key_by(lambda action: action.order_id)
    by_user = actions.timed.key_by(lambda action: action.user_id)
    failures = CEP.pattern(by_order, paid_after_failures()).process(PaidAfterFailures(), ANOMALY_TYPE)
    visits = named(CEP.pattern(by_user, purchase()).process(Purchase(), ANOMALY_TYPE), "purchases")
    logs = {
        "purchases": visits.get_side_output(PURCHASES).map(purchase_line, output_type=Types.STRING()),
        "rejected-actions": actions.rejected.map(log_line, output_type=Types.STRING()),
    }
    for name, lines in logs.items():
        named(lines, f"{name} lines")
    return Found(named(failures, "paid after failures").union(visits.get_side_output(UNDECIDED)), logs)


def new_orders(messages: Messages) -> DataStream:
    """The orders when they are placed; behind it, ``key_by`` the user."""
    return messages.by_user.filter(is_new).name("new orders of patterns")


def purchase_line(purchase: Row) -> str:
    """A purchase, as a line of the log."""
    fields = dict(zip(ANOMALY_FIELDS, purchase, strict=True))
    line = {"order_id": fields["order_id"], "user_id": fields["user_id"], "amount": f"{fields['amount']:.2f}"}
    return json.dumps({**line, "time": fields["event_time"].isoformat(" "), "detail": fields["detail"]})


def named(stream: DataStream, name: str) -> DataStream:
    """The stream, with a name that is its uid, too."""
    return stream.name(name).uid(name)


if __name__ == "__main__":
    sys.exit(main("order_cep_processor", [find_patterns]))
