"""The aggregate functions by themselves: no job, no window."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from flott.datastream import AggregateFunction
from stage3_window_statistics.window_aggregators import (
    HowMany,
    OrderTotals,
    ProductSales,
    cents_of,
    millis_of,
    money,
    time_of,
)
from tests.stage3.shop import moment, order, ten_orders
from utils.order_models import OrderItem, parse_order


def aggregate(function: AggregateFunction, values: Iterable[Any]) -> Any:
    return function.get_result(
        reduce(lambda acc, value: function.add(value, acc), values, function.create_accumulator())
    )


def item(price: str, quantity: int) -> OrderItem:
    return OrderItem("I001", None, Decimal(price), quantity)


def test_the_ten_orders_sum_to_the_cent() -> None:
    count, amount = aggregate(OrderTotals(), map(parse_order, ten_orders()))
    assert (count, str(amount)) == (10, "1954.70")


def test_no_cent_is_lost_or_made() -> None:
    """A thousand times 0.1 is 99.9999999999986 in floats."""
    assert str(aggregate(OrderTotals(), [order("1", "10:00", 0.1)] * 1000)[1]) == "100.00"
    # an order counts with what the table of week 1 has: 0.125 is 0.13 there, and twice that is 0.26
    assert str(aggregate(OrderTotals(), [order("1", "10:00", 0.125)] * 2)[1]) == "0.26"
    assert cents_of(Decimal("9999999999")) == 999_999_999_900
    assert str(money(5)) == "0.05"


def test_a_product_sells_pieces_for_the_price_of_its_lines() -> None:
    """49.99 x 1 + 25 x 2 + 0 x 3 = 99.99 for six pieces."""
    quantity, sales = aggregate(ProductSales(), [item("49.99", 1), item("25", 2), item("0", 3)])
    assert (quantity, str(sales)) == (6, "99.99")


def test_how_many() -> None:
    assert aggregate(HowMany(), ["a", "b", "a"]) == (3,)


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (OrderTotals(), [order(str(n), "10:00", n + 0.01) for n in range(5)]),
        (ProductSales(), [item(f"{n}.015", n) for n in range(1, 6)]),
        (HowMany(), list("abcde")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_merging_gives_what_adding_gives(function: AggregateFunction, values: list[Any]) -> None:
    """Wherever the records are cut in two, also where one part is empty, and whichever part comes first."""
    expected = aggregate(function, values)
    for cut, swapped in itertools.product(range(len(values) + 1), (False, True)):
        parts = [
            reduce(lambda acc, value: function.add(value, acc), part, function.create_accumulator())
            for part in (values[:cut], values[cut:])
        ]
        left, right = reversed(parts) if swapped else parts
        assert function.get_result(function.merge(left, right)) == expected


def test_event_time_is_the_shops_clock() -> None:
    """10:00 of 2024-01-01 as if the clock showed UTC: 19,723 days and ten hours since 1970."""
    assert millis_of(moment("10:00")) == (19_723 * 24 + 10) * 3_600_000
    assert time_of(millis_of(moment("23:59:59"))) == moment("23:59:59")
    assert time_of(-1).isoformat() == "1969-12-31T23:59:59.999000"
