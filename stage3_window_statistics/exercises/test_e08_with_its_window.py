"""Judges exercise 3.8."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e08_with_its_window import sales_by_product
from utils.exercise import build, expect

HOUR = 3_600_000
ITEMS = {10_000: ("tea", 2), 20_000: ("cup", 1), HOUR - 1: ("tea", 3), HOUR: ("tea", 7)}
GIVEN = f"items by their time in ms: {ITEMS}"


def test_pieces_of_each_hour(flott_harness: Harness) -> None:
    made = build(sales_by_product, flott_harness.source("items"))
    for timestamp, item in ITEMS.items():
        flott_harness.feed("items", item, timestamp=timestamp)
    flott_harness.watermark("items", HOUR - 1)
    idea = "process(self, key, context, elements) yields (key, context.window().start, next(iter(elements)))"
    expect(sorted(flott_harness.output(made)), [("cup", 0, 1), ("tea", 0, 5)], GIVEN, idea)
    flott_harness.watermark("items", 2 * HOUR - 1)
    expect(flott_harness.output(made)[2:], [("tea", HOUR, 7)], GIVEN, "the second hour starts at 3600000")


def test_a_window_keeps_one_number(flott_harness: Harness) -> None:
    made = build(sales_by_product, flott_harness.source("items"))
    for _ in range(100):
        flott_harness.feed("items", ("tea", 1), timestamp=1_000)
    assert flott_harness.output(made) == []
    flott_harness.watermark("items", HOUR - 1)
    expect(
        flott_harness.output(made), [("tea", 0, 100)], "100 times ('tea', 1)", "add() adds the pieces, not the items"
    )
