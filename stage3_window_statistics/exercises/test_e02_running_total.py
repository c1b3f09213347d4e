"""Judges exercise 3.2."""

from __future__ import annotations

import pytest

from flott.testing import Harness
from stage3_window_statistics.exercises.e02_running_total import totals
from utils.exercise import build, expect

SALES = [("ada", 5), ("bob", 1), ("ada", 2), ("ada", 10), ("bob", 1)]


def test_a_total_with_each_sale(flott_harness: Harness) -> None:
    made = build(totals, flott_harness.source("sales"))
    flott_harness.feed("sales", *SALES)
    expected = [("ada", 5), ("bob", 1), ("ada", 7), ("ada", 17), ("bob", 2)]
    idea = "sales.key_by(lambda sale: sale[0]).reduce(lambda a, b: ...): a is what there was, b is what came"
    expect(flott_harness.output(made), expected, SALES, idea)


@pytest.mark.parametrize("seed", [1, 2])
def test_in_two_subtasks(seed: int) -> None:
    with Harness(parallelism=2, seed=seed) as h:
        made = build(totals, h.source("sales"))
        h.feed("sales", *SALES)
        got = {user: max(cents for name, cents in h.output(made) if name == user) for user in ("ada", "bob")}
    expect(got, {"ada": 17, "bob": 2}, SALES, "with key_by, all records of a user are in one subtask, whichever it is")
