"""Jobs: client, result, status and futures."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from flott.common import CompletableFuture, JobClient, JobExecutionResult, JobID, JobStatus


class Handle:
    """Stands for the engine's side of a job that ends when told to."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.error: Exception | None = None

    def job_id(self) -> str:
        return "a" * 32

    def status(self) -> str:
        return "FINISHED" if self.ended.is_set() else "RUNNING"

    def cancel(self) -> None:
        self.ended.set()

    def stop_with_savepoint(self, advance_to_end_of_event_time: bool, savepoint_directory: str | None) -> str:
        self.ended.set()
        return f"{savepoint_directory}/{advance_to_end_of_event_time}"

    def trigger_savepoint(self, savepoint_directory: str | None) -> str:
        raise RuntimeError("no savepoint")

    def accumulators(self) -> dict[str, Any]:
        return {"n": 1}

    def wait(self) -> JobExecutionResult:
        self.ended.wait(10)
        if self.error is not None:
            raise self.error
        return JobExecutionResult(self.job_id(), 12, {"n": 1})


def test_a_job_from_start_to_end() -> None:
    handle = Handle()
    client = JobClient(handle)
    assert str(client.get_job_id()) == "a" * 32
    assert client.get_job_status().result() is JobStatus.RUNNING
    result = client.get_job_execution_result()
    assert not result.done()
    assert client.cancel().result() is None
    assert result.result().get_net_runtime() == 12 and result.exception() is None and result.done()
    assert client.get_job_status().result().is_globally_terminal_state()


def test_errors_come_out_of_the_future() -> None:
    handle = Handle()
    handle.error = ValueError("boom")
    client = JobClient(handle)
    with pytest.raises(RuntimeError, match="no savepoint"):
        client.trigger_savepoint("/x").result()
    assert client.stop_with_savepoint(True, "/x").result() == "/x/True"
    future = client.get_job_execution_result()
    assert future.exception() is handle.error
    with pytest.raises(ValueError, match="boom"):
        future.result()
    assert client.get_accumulators().result() == {"n": 1}


def test_a_future_can_be_given_up() -> None:
    future = CompletableFuture()
    assert future.cancel() and future.cancelled() and future.done()
    with pytest.raises(RuntimeError, match="given up"):
        future.result()
    assert not CompletableFuture._of(1).cancel()


def test_result() -> None:
    result = JobExecutionResult("b" * 32, 1500, {"rows": 3})
    assert result.get_job_id() == JobID("b" * 32)
    assert (result.get_accumulator_result("rows"), result.get_accumulator_result("zz")) == (3, None)
    assert "Job Runtime: 1500 ms" in str(result)


def test_terminal_states() -> None:
    assert [status.name for status in JobStatus if status.is_globally_terminal_state()] == [
        "FAILED",
        "CANCELED",
        "FINISHED",
    ]
    assert JobStatus.SUSPENDED.is_terminal_state() and not JobStatus.SUSPENDED.is_globally_terminal_state()
