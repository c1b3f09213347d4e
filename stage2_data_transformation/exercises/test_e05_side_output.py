"""Judges exercise 2.5."""

from __future__ import annotations

from flott.testing import Harness
from stage2_data_transformation.exercises.e05_side_output import read_orders
from utils.exercise import expect

MESSAGES = ['{"order_id": "O1"}', "oops", "[1]", '{"order_id": "O2"}', "null", ""]


def test_orders_on_the_main_output(flott_harness: Harness) -> None:
    orders, _ = read_orders(flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    expect(flott_harness.output(orders), [{"order_id": "O1"}, {"order_id": "O2"}], MESSAGES, "isinstance(value, dict)")


def test_the_others_on_the_side(flott_harness: Harness) -> None:
    _, rejected = read_orders(flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    idea = "yield REJECTED, value: two things with a comma between them"
    expect(flott_harness.output(rejected), ["oops", "[1]", "null", ""], MESSAGES, idea)
