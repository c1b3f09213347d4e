"""The states of an order: every step that is allowed, every one that is not, and what is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest

from stage4_state_cep.order_state_machine import FORGET_AFTER_MS, ILLEGAL, OrderStateMachine
from tests.stage4.shop import Fed, step

PATHS = {
    None: (),
    "CREATED": ("CREATED",),
    "PAID": ("CREATED", "PAID"),
    "SHIPPED": ("CREATED", "PAID", "SHIPPED"),
    "COMPLETED": ("CREATED", "PAID", "SHIPPED", "COMPLETED"),
    "CANCELLED": ("CREATED", "CANCELLED"),
}
"""How an order gets to a status."""

# CREATED -> PAID -> SHIPPED -> COMPLETED, and CREATED or PAID -> CANCELLED; all others are illegal.
LEGAL = {
    (None, "CREATED"),
    ("CREATED", "PAID"),
    ("PAID", "SHIPPED"),
    ("SHIPPED", "COMPLETED"),
    ("CREATED", "CANCELLED"),
    ("PAID", "CANCELLED"),
}


@pytest.fixture
def machine() -> Iterator[Fed]:
    fed = Fed(OrderStateMachine(), "order_id")
    yield fed
    fed.close()


def changes(machine: Fed) -> list[tuple[str | None, str]]:
    lines = map(json.loads, machine.harness.extract_output_values())
    return [(line["from"], line["to"]) for line in lines]


@pytest.mark.parametrize(("before", "after"), [*product(PATHS, [status for status in PATHS if status is not None])])
def test_every_pair_of_states(machine: Fed, before: str | None, after: str) -> None:
    """36 - 6 = 30 pairs, of which 6 are allowed; after one that is not, the order is what it was."""
    path = PATHS[before]
    machine.send(*(step("a", f"10:0{n}", status) for n, status in enumerate(path)))
    machine.send(step("a", "10:30", after))
    legal = (before, after) in LEGAL
    assert len(changes(machine)) == len(path) + legal
    expected = [] if legal else [("a", "illegal_transition", "10:30:00", "10.00", f"{before or 'unknown'} -> {after}")]
    assert machine.anomalies(ILLEGAL) == expected
    assert machine.harness.states("status").get("a") == (after if legal else before)


def test_a_change_tells_order_states_and_time(machine: Fed) -> None:
    machine.send(step("a", "10:00"), step("a", "10:20:30", "PAID"))
    assert list(map(json.loads, machine.harness.extract_output_values())) == [
        {"order_id": "a", "from": None, "to": "CREATED", "time": "2024-01-01 10:00:00"},
        {"order_id": "a", "from": "CREATED", "to": "PAID", "time": "2024-01-01 10:20:30"},
    ]


def test_after_an_illegal_step_the_right_one_is_still_right(machine: Fed) -> None:
    machine.send(step("a", "10:00"), step("a", "10:10", "SHIPPED"), step("a", "10:20", "PAID"))
    assert changes(machine) == [(None, "CREATED"), ("CREATED", "PAID")]


def test_two_illegal_steps_of_one_moment_are_told_in_one_row(machine: Fed) -> None:
    """They have one key in the table: the later row replaces the first, and has to tell of both."""
    machine.send(*(step("a", "10:00", status) for status in ("CREATED", "SHIPPED", "COMPLETED")))
    machine.send(step("a", "10:01", "COMPLETED"))
    rows = machine.anomalies(ILLEGAL)
    assert [row[4] for row in rows] == [
        "CREATED -> SHIPPED",
        "CREATED -> SHIPPED; CREATED -> COMPLETED",
        "CREATED -> COMPLETED",
    ]
    assert {row[:3]: row[4] for row in rows} == {
        ("a", "illegal_transition", "10:00:00"): "CREATED -> SHIPPED; CREATED -> COMPLETED",
        ("a", "illegal_transition", "10:01:00"): "CREATED -> COMPLETED",
    }


def test_orders_do_not_know_of_each_other(machine: Fed) -> None:
    machine.send(step("a", "10:00"), step("b", "10:01", "PAID", amount=7.5, user="U2"))
    assert machine.anomalies(ILLEGAL) == [("b", "illegal_transition", "10:01:00", "7.50", "unknown -> PAID")]


def test_an_order_is_forgotten_a_day_after_its_last_message(machine: Fed) -> None:
    machine.send(step("a", "10:00"), step("a", "12:00", "PAID"), step("a", "13:00", "COMPLETED"))
    machine.watermark("13:00", FORGET_AFTER_MS - 1)
    assert machine.harness.states("status") == {"a": "PAID"}
    machine.watermark("13:00", FORGET_AFTER_MS)
    assert [machine.harness.num_keyed_state_entries(name) for name in ("status", "heard", "told")] == [0, 0, 0]
    assert machine.harness.num_event_time_timers() == 0


def test_what_is_forgotten_does_not_depend_on_when_the_timer_comes(machine: Fed) -> None:
    """The watermark may be far behind: a message a day later finds the state still there, and must not use it."""
    machine.send(step("a", "10:00"), step("a", "+ 10:00", "PAID"))
    assert machine.anomalies(ILLEGAL) == [("a", "illegal_transition", "10:00:00", "10.00", "unknown -> PAID")]
