"""A job that runs by itself: its state, its end, and stopping it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import JobStatus
from flott.datastream import StreamExecutionEnvironment
from flott.errors import JobCancelledError

Env = StreamExecutionEnvironment


class Gate:
    """Lets a job wait until the test has looked at it."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, value: Any) -> Any:
        self.reached.set()
        assert self.opened.wait(30)
        return value


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def test_from_start_to_end(env: Env, gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    env.from_collection([1]).map(gate).print("out")
    client = env.execute_async("in the background")
    assert gate.reached.wait(30)
    assert client.get_job_status().result() is JobStatus.RUNNING
    gate.opened.set()
    result = client.get_job_execution_result().result()
    assert client.get_job_status().result() is JobStatus.FINISHED
    assert str(result.get_job_id()) == str(client.get_job_id())
    assert result.get_metrics()["Map"]["numRecordsIn"] == 1
    assert "1\n" in capsys.readouterr().out


def test_two_jobs_at_once(single: Env, gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    single.from_collection([1]).map(gate).print()
    first = single.execute_async()
    assert gate.reached.wait(30)
    single.from_collection([2]).print()
    single.execute()
    assert capsys.readouterr().out == "2\n"
    gate.opened.set()
    first.get_job_execution_result().result()
    assert capsys.readouterr().out == "1\n"


def test_a_failed_job_says_why_as_often_as_it_is_asked(env: Env) -> None:
    env.from_collection([0]).map(lambda n: 1 // n).print()
    client = env.execute_async()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError) as raised:
            client.get_job_execution_result().result()
        assert len(raised.value.__notes__) == 1
    assert isinstance(client.get_job_execution_result().exception(), ZeroDivisionError)
    assert client.get_job_status().result() is JobStatus.FAILED


def test_cancel(env: Env, gate: Gate) -> None:
    before = threading.active_count()
    env.from_collection([1]).map(gate).print()
    client = env.execute_async()
    assert gate.reached.wait(30)
    cancelled = client.cancel()
    gate.opened.set()
    cancelled.result()
    assert client.get_job_status().result() is JobStatus.CANCELED
    with pytest.raises(JobCancelledError):
        client.get_job_execution_result().result()
    assert threading.active_count() <= before + 1  # the future's own thread may still be ending


def test_cancelling_a_finished_job_changes_nothing(single: Env) -> None:
    single.from_collection([1]).print()
    client = single.execute_async()
    client.get_job_execution_result().result()
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.FINISHED
    client.get_job_execution_result().result()
