"""Judges exercise 4.12."""

from __future__ import annotations

from flott.testing import Harness
from stage4_state_cep.exercises.e12_pattern import break_ins
from utils.exercise import build, expect

Login = tuple[str, bool, int]


def found(harness: Harness, *logins: Login) -> list[tuple[str, int]]:
    made = build(break_ins, harness.source("logins"))
    for login in logins:
        harness.feed("logins", login, timestamp=login[2])
    harness.watermark("logins", 3_600_000)
    return harness.output(made)


def failed(user: str, *seconds: int) -> list[Login]:
    return [(user, False, second * 1000) for second in seconds]


def test_three_failures_and_then_in(flott_harness: Harness) -> None:
    logins = [*failed("ann", 1, 2, 3), ("ann", True, 4_000)]
    idea = 'match["in"][0] is the login that succeeded'
    expect(found(flott_harness, *logins), [("ann", 4_000)], logins, idea)


def test_two_failures_are_not_enough(flott_harness: Harness) -> None:
    logins = [*failed("ann", 1, 2), ("ann", True, 4_000)]
    expect(found(flott_harness, *logins), [], logins, "times(3)")


def test_users_are_watched_apart(flott_harness: Harness) -> None:
    logins = [*failed("ann", 1, 2), *failed("ben", 3), ("ann", True, 4_000)]
    expect(found(flott_harness, *logins), [], logins, "key_by the user in front of CEP.pattern(...)")


def test_in_a_row(flott_harness: Harness) -> None:
    logins = [*failed("ann", 1), ("ann", True, 2_000), *failed("ann", 3, 4), ("ann", True, 5_000)]
    expect(
        found(flott_harness, *logins), [], logins, "consecutive(): nothing is between the three; next(): nothing behind"
    )


def test_within_a_minute(flott_harness: Harness) -> None:
    logins = [*failed("ann", 1, 30, 50), ("ann", True, 62_000)]
    expect(found(flott_harness, *logins), [], logins, "within(): from the first event to the last, here 61 s")
