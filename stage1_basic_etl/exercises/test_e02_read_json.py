"""Judges exercise 1.2."""

from __future__ import annotations

from flott.testing import Harness
from stage1_basic_etl.exercises.e02_read_json import order_amounts
from utils.exercise import build, expect

MESSAGES = [
    '{"order_id": "O1", "user_id": "U7", "amount": 12.5}',
    '{"amount": 3, "order_id": "茶 🍵"}',
]


def test_pairs_of_id_and_amount(flott_harness: Harness) -> None:
    pairs = build(order_amounts, flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    idea = "json.loads(text) is a dict; a function that returns a tuple makes one record of it"
    expect(flott_harness.output(pairs), [("O1", 12.5), ("茶 🍵", 3)], MESSAGES, idea)
