"""Judges exercise 2.8."""

from __future__ import annotations

import json

from flott.testing import Harness
from stage2_data_transformation.exercises.e08_dead_letters import dead_letters
from utils.exercise import expect

MESSAGES = ['{"order_id": "O1"}', "oops", '{"x":1}', '{"order_id": "O2"}', '{ "name" : "茶" }']


def test_good_orders(flott_harness: Harness) -> None:
    orders, _ = dead_letters(flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    idea = "behind validate, the message itself is not needed any more: yield the dict alone"
    expect(flott_harness.output(orders), [{"order_id": "O1"}, {"order_id": "O2"}], MESSAGES, idea)


def test_dead_letters_of_both_steps(flott_harness: Harness) -> None:
    _, letters = dead_letters(flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    got = sorted((json.loads(letter)["step"], json.loads(letter)["raw"]) for letter in flott_harness.output(letters))
    expected = [("read", "oops"), ("validate", '{ "name" : "茶" }'), ("validate", '{"x":1}')]
    idea = "read.get_side_output(REJECTED).union(validated.get_side_output(REJECTED)); raw is the text as it was sent"
    expect(got, expected, MESSAGES, idea)


def test_the_steps_have_names(flott_harness: Harness) -> None:
    dead_letters(flott_harness.source("messages"))
    flott_harness.feed("messages", *MESSAGES)
    got = {step: flott_harness.counters(step)["numRecordsIn"] for step in ("read", "validate")}
    expect(
        got, {"read": 5, "validate": 4}, MESSAGES, ".name('read'): the numbers of a job that runs are listed by name"
    )
