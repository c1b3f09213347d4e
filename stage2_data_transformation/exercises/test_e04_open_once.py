"""Judges exercise 2.4."""

from __future__ import annotations

from flott.testing import Harness
from stage2_data_transformation.exercises.e04_open_once import WithName
from utils.exercise import expect

ITEMS = [{"id": "I002"}, {"id": "I001"}, {"id": "I999"}]
CALLS: list[str] = []


def names() -> dict[str, str]:
    CALLS.append("called")
    return {"I001": "Green tea", "I002": "茶杯"}


def test_items_with_their_names(flott_harness: Harness) -> None:
    named = flott_harness.source("items").map(WithName(names))
    flott_harness.feed("items", *ITEMS)
    expected = [
        {"id": "I002", "name": "茶杯"},
        {"id": "I001", "name": "Green tea"},
        {"id": "I999", "name": "?"},
    ]
    expect(flott_harness.output(named), expected, ITEMS, "self.names.get(id, '?')")


def test_names_are_loaded_once(flott_harness: Harness) -> None:
    CALLS.clear()
    function = WithName(names)
    expect(len(CALLS), 0, "the function is made, no job runs: how often was load() called?", "not in __init__")
    flott_harness.source("items").map(function)
    flott_harness.feed("items", *ITEMS)
    expect(len(CALLS), 1, "a job with one subtask and three records: how often was load() called?", "in open()")
