"""What the second half of week 4 looks for, as patterns: in the steps of orders, and in what users do.

Each function makes one pattern and says in its docstring which events it is for. ``print(rising_orders().explain())``
shows the automaton that finds it; a notebook draws it.
"""

from __future__ import annotations

from flott.cep import AfterMatchSkipStrategy, IterativeCondition, Pattern
from stage4_state_cep.order_anomaly_detector import MINUTE_MS, ORDERS_A_MINUTE
from stage4_state_cep.order_timeout_detector import PAY_WITHIN_MS
from stage4_state_cep.user_actions import UserAction
from utils.order_models import Order

RISING_WITHIN_MS = 60 * MINUTE_MS
FAILURES = 3
"""So many payments that fail, one after the other, are odd if one goes through behind them."""

FAILURES_WITHIN_MS = 10 * MINUTE_MS
DECIDE_WITHIN_MS = 30 * MINUTE_MS
"""Who has looked and ordered has this long, from the look on, to pay."""


def more_than(pattern: str) -> object:
    """A condition: the order is larger than the last one of that pattern."""

    def larger(order: Order, ctx: IterativeCondition.Context) -> bool:
        return bool(order.amount > ctx.get_events_for_pattern(pattern)[-1].amount)

    return larger


def rising_orders() -> Pattern:
    """Three orders of a user in a row, each larger than the one before, within an hour. For new orders by user.

    One run of orders is told once: behind a match the next begins.
    """
    return (
        Pattern.begin("first", AfterMatchSkipStrategy.skip_past_last_event())
        .next("second")
        .where(more_than("first"))
        .next("third")
        .where(more_than("second"))
        .within(RISING_WITHIN_MS)
    )


def frequent_orders() -> Pattern:
    """More than five orders of a user within a minute. For new orders by user.

    Six orders in a row are one match, and the seventh makes another with the five before: each order that is too many
    is told, as the detector with a list of times tells it.
    """
    return Pattern.begin("order").times(ORDERS_A_MINUTE + 1).consecutive().within(MINUTE_MS)


def unpaid_order() -> Pattern:
    """An order that is neither paid nor cancelled within 30 minutes. For the steps of each order.

    The match is that something does *not* come: it is complete when the time is over. A payment in the last millisecond
    is in time, hence the one more.
    """
    return (
        Pattern.begin("placed")
        .where(lambda order: order.status == "CREATED")
        .not_followed_by("settled")
        .where(lambda order: order.status in ("PAID", "CANCELLED"))
        .within(PAY_WITHIN_MS + 1)
    )


def paid_after_failures() -> Pattern:
    """Three payments of an order that fail or more, and then one that goes through. For the actions of each order."""

    def failed(action: UserAction) -> bool:
        return action.action == "pay_failed"

    return (
        Pattern.begin("failed", AfterMatchSkipStrategy.skip_past_last_event())
        .where(failed)
        .times_or_more(FAILURES)
        .greedy()
        .followed_by("paid")
        .where(lambda action: action.action == "pay")
        .within(FAILURES_WITHIN_MS)
    )


def purchase() -> Pattern:
    """A user looks at something, orders, and pays that order. For the actions of each user.

    A partial match that runs out of time is as telling: there was a look and an order, and no payment.
    """

    def pays_it(action: UserAction, ctx: IterativeCondition.Context) -> bool:
        ordered: UserAction = ctx.get_events_for_pattern("ordered")[0]
        return action.action == "pay" and action.order_id == ordered.order_id

    return (
        Pattern.begin("looked", AfterMatchSkipStrategy.skip_past_last_event())
        .where(lambda action: action.action == "view")
        .followed_by("ordered")
        .where(lambda action: action.action == "order")
        .followed_by("paid")
        .where(pays_it)
        .within(DECIDE_WITHIN_MS)
    )
