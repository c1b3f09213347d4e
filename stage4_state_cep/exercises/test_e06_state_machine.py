"""Judges exercise 4.6."""

from __future__ import annotations

from typing import Any

from flott.testing import one_input_harness
from stage4_state_cep.exercises.e06_state_machine import ILLEGAL, OrderStates
from utils.exercise import expect


def follow(*events: tuple[str, str]) -> tuple[list[Any], list[Any]]:
    with one_input_harness(OrderStates(), key_selector=lambda event: event[0]) as h:
        for event in events:
            h.process_element(event)
        return h.extract_output_values(), [record.value for record in h.get_side_output(ILLEGAL)]


def test_the_way_of_an_order() -> None:
    events = [("O1", status) for status in ("CREATED", "PAID", "SHIPPED", "COMPLETED")]
    expected = [
        ("O1", None, "CREATED"),
        ("O1", "CREATED", "PAID"),
        ("O1", "PAID", "SHIPPED"),
        ("O1", "SHIPPED", "COMPLETED"),
    ]
    expect(follow(*events), (expected, []), events, "to in NEXT[from]; from is in a ValueState")


def test_a_step_that_is_not_allowed() -> None:
    events = [("O1", "CREATED"), ("O1", "SHIPPED"), ("O1", "PAID")]
    expected = [("O1", None, "CREATED"), ("O1", "CREATED", "PAID")]
    idea = "behind an illegal step the order is still CREATED, so PAID is allowed"
    expect(follow(*events), (expected, [("O1", "CREATED", "SHIPPED")]), events, idea)


def test_an_order_that_begins_in_the_middle() -> None:
    events = [("O1", "PAID"), ("O2", "CREATED")]
    expected = ([("O2", None, "CREATED")], [("O1", None, "PAID")])
    expect(follow(*events), expected, events, "None is the state of an order that is not known")


def test_a_message_that_comes_twice() -> None:
    events = [("O1", "CREATED"), ("O1", "CREATED")]
    expect(follow(*events), ([("O1", None, "CREATED")], []), events, "where from == to there is no step")
