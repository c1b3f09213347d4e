"""What is kept of a window, and what comes out of it. None of these knows of Kafka or tables; each can be tested alone.

An *aggregate function* keeps one small value for a window, however many records come: the accumulator. A *window
function* is given the result once the window fires, and adds what only it knows: the key, and when the window was.

Money is summed in whole cents. Integers of Python have no limit and no rounding error, and each order counts with the
cents that week 1 writes to ``order_header.amount``, so the statistics agree with the sum over that table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flott.common import Row
from flott.datastream import AggregateFunction, ProcessWindowFunction
from flott.datastream.functions import ProcessAllWindowFunction
from flott.datastream.window import GlobalWindow, TimeWindow
from utils.order_models import Order, OrderItem, to_cents

_EPOCH = datetime(1970, 1, 1)

Sums = tuple[int, int]
"""An accumulator: how many, and how many cents."""

Figures = tuple[Any, ...]
"""What an aggregate function makes of its accumulator in the end."""


def cents_of(amount: Decimal) -> int:
    """The amount in cents, half a cent rounded up.

    >>> cents_of(Decimal("1954.7"))
    195470
    """
    return int(to_cents(amount).scaleb(2))


def money(cents: int) -> Decimal:
    """Cents as an amount with two decimals.

    >>> money(195470)
    Decimal('1954.70')
    """
    return Decimal(cents).scaleb(-2)


def millis_of(time: datetime) -> int:
    """A time of the shop's clock as event time, in ms since 1970 on that clock."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def time_of(millis: int) -> datetime:
    """Event time as a time of the shop's clock.

    >>> time_of(1_704_103_200_000)
    datetime.datetime(2024, 1, 1, 10, 0)
    """
    return _EPOCH + timedelta(milliseconds=millis)


class _Sums(AggregateFunction):
    """What the two sums below share: an accumulator of two integers, and how two of them become one."""

    def create_accumulator(self) -> Sums:
        return 0, 0

    def get_result(self, accumulator: Sums) -> tuple[int, Decimal]:
        return accumulator[0], money(accumulator[1])

    def merge(self, acc_a: Sums, acc_b: Sums) -> Sums:
        """Called where windows merge: two sessions of a user become one when an order falls between them."""
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class OrderTotals(_Sums):
    """How many orders, and what they cost together.

    >>> totals = OrderTotals()
    >>> totals.get_result(totals.merge((2, 30125), (1, 15025)))
    (3, Decimal('451.50'))
    """

    def add(self, value: Order, accumulator: Sums) -> Sums:
        return accumulator[0] + 1, accumulator[1] + cents_of(value.amount)


class ProductSales(_Sums):
    """How many pieces of a product were sold, and for how much; over items, not over orders."""

    def add(self, value: OrderItem, accumulator: Sums) -> Sums:
        return accumulator[0] + value.quantity, accumulator[1] + cents_of(value.line_amount)


class HowMany(AggregateFunction):
    """How many records there were, whatever they are. The result is a tuple of one, as the others' are tuples."""

    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> tuple[int]:
        return (accumulator,)

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


class AllWindowRow(ProcessAllWindowFunction[Figures, Row, TimeWindow]):
    """The result of a window of all records as a row: start, end, figures."""

    def process(
        self, context: ProcessAllWindowFunction.Context[TimeWindow], elements: Iterable[Figures]
    ) -> Iterator[Row]:
        window = context.window()
        for figures in elements:
            yield Row(time_of(window.start), time_of(window.end), *figures)


class KeyedWindowRow(ProcessWindowFunction[Figures, Row, Any, TimeWindow]):
    """The result of a window of one key as a row: key (one field, or those of a tuple), start, end, figures."""

    def process(
        self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Figures]
    ) -> Iterator[Row]:
        window = context.window()
        keys = key if isinstance(key, tuple) else (key,)
        for figures in elements:
            yield Row(*keys, time_of(window.start), time_of(window.end), *figures)


class KeyedCountRow(ProcessWindowFunction[Figures, Row, Any, GlobalWindow]):
    """The result of a window that is counted in records, not in time: key, figures."""

    def process(
        self, key: Any, context: ProcessWindowFunction.Context[GlobalWindow], elements: Iterable[Figures]
    ) -> Iterator[Row]:
        for figures in elements:
            yield Row(key, *figures)
