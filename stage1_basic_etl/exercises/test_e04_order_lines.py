"""Judges exercise 1.4."""

from __future__ import annotations

from typing import Any

from flott.testing import Harness
from stage1_basic_etl.exercises.e04_order_lines import order_lines
from utils.exercise import build, expect

TWO = {"order_id": "O1", "items": [{"id": "I001", "quantity": 2}, {"id": "I007", "quantity": 1}]}


def lines(harness: Harness, order: dict[str, Any]) -> list[Any]:
    made = build(order_lines, harness.source("orders"))
    harness.feed("orders", order)
    return harness.output(made)


def test_a_line_for_each_item(flott_harness: Harness) -> None:
    expected = [("O1", 1, "I001", 2), ("O1", 2, "I007", 1)]
    idea = "a function with yield in a loop; enumerate(items, start=1) counts"
    expect(lines(flott_harness, TWO), expected, TWO, idea)


def test_an_order_without_items_has_no_lines(flott_harness: Harness) -> None:
    order = {"order_id": "O2", "items": []}
    expect(lines(flott_harness, order), [], order, "a loop that is never entered yields nothing")


def test_an_order_that_says_nothing_of_items(flott_harness: Harness) -> None:
    expect(lines(flott_harness, {"order_id": "O3"}), [], {"order_id": "O3"}, "dict.get takes a default: order.get(...)")
