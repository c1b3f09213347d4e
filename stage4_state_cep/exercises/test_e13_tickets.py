"""Judges exercise 4.13: the job is killed, again and again, and goes on."""

from __future__ import annotations

import pytest

from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.testing import collect, crash_test
from stage4_state_cep.exercises.e13_tickets import tickets
from utils.exercise import build, expect

ORDERS = ["ada", "bob", "ada", "eve", "bob", "ada", "ada", "eve"]
EXPECTED = [(number + 1, user) for number, user in enumerate(ORDERS)]


def job(env: StreamExecutionEnvironment) -> DataStream:
    env.set_parallelism(1)
    return build(tickets, env.from_collection(ORDERS))


def test_orders_are_numbered() -> None:
    got = list(collect(job(StreamExecutionEnvironment.get_execution_environment())))
    expect(got, EXPECTED, ORDERS, "a MapFunction that counts in an attribute: self.next")


def test_the_numbers_go_on_after_a_crash() -> None:
    try:
        crash_test(job, seeds=range(10), parallelism=[1])
    except AssertionError as error:
        pytest.fail(
            f"the numbers are not the same when the job goes on from a checkpoint\n\n{error}\n\n"
            "idea:     class Tickets(MapFunction, CheckpointedFunction): initialize_state() takes the next number from "
            "the list state, snapshot_state() puts it there with update([self.next])",
            pytrace=False,
        )
