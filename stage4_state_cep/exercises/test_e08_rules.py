"""Judges exercise 4.8."""

from __future__ import annotations

from flott.testing import Harness
from stage4_state_cep.exercises.e08_rules import LIMITS, above_limit
from utils.exercise import build, expect


def test_limits_that_change(flott_harness: Harness) -> None:
    h = flott_harness
    kept = build(above_limit, h.source("orders"), h.source("limits"))
    h.feed("orders", ("north", "O0", 999))
    h.feed("limits", ("north", 100), ("south", 10))
    h.feed("orders", ("north", "O1", 150), ("north", "O2", 100), ("south", "O3", 11))
    h.feed("limits", ("north", 200))
    h.feed("orders", ("north", "O4", 150), ("west", "O5", 999))
    given = "order O0, limits north 100 and south 10, orders O1 O2 O3, limit north 200, orders O4 O5"
    idea = "state.get(shop) is None where there is no limit; 'above' leaves 100 itself out"
    expect(h.output(kept), [("north", "O1", 150), ("south", "O3", 11)], given, idea)
    expect(h.broadcast_state(kept, LIMITS), {"north": 200, "south": 10}, given, "state.put(shop, limit)")
