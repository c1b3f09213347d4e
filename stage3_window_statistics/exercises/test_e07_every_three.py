"""Judges exercise 3.7."""

from __future__ import annotations

from flott.testing import Harness
from stage3_window_statistics.exercises.e07_every_three import every_three_orders
from utils.exercise import build, expect

ORDERS = [("ada", 1), ("ada", 2), ("bob", 9), ("ada", 4), ("ada", 100), ("bob", 9), ("bob", 9)]


def test_each_third_order_of_a_user(flott_harness: Harness) -> None:
    made = build(every_three_orders, flott_harness.source("orders"))
    flott_harness.feed("orders", *ORDERS)
    idea = "orders.key_by(...).count_window(3).reduce(...): counted for each user by itself"
    expect(flott_harness.output(made), [("ada", 7), ("bob", 27)], ORDERS, idea)
