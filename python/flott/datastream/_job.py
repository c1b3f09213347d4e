"""A started job, as :class:`JobClient` and ``execute()`` see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.job_execution_result import JobExecutionResult
from flott.common.job_id import JobID
from flott.datastream._recovery import place

if TYPE_CHECKING:
    from flott._flott import Job
    from flott.common._job_panel import Snapshot

__all__ = ["RunningJob", "execution_result", "silent_windows"]


def execution_result(job: Job, job_name: str) -> JobExecutionResult:
    """What is left of a job that finished."""
    metrics: dict[str, dict[str, int]] = {}
    for _, name, _, counters in job.metrics():
        of_name = metrics.setdefault(name, {})
        for counter, count in counters.items():
            # operators that share a name share their counters
            of_name[counter] = of_name.get(counter, 0) + count
    return JobExecutionResult(JobID(job.id()), job.runtime_ms(), None, job_name, metrics)


def silent_windows(job: Job) -> str:
    """Why windows of a job that is about to be stopped have told nothing so far; nothing where they have."""
    from flott.common.window_explanation import WindowExplanation

    counts = {
        id: (counters.get("numRecordsIn", 0), counters.get("numRecordsOut", 0)) for id, _, _, counters in job.metrics()
    }
    try:
        explanation = WindowExplanation(job.standing())
    except Exception:  # the job ends in this moment: there is nothing to explain any more
        return ""
    explanation.operators = [own for own in explanation.operators if _is_silent(counts.get(own["id"], (0, 0)))]
    return f"Windows that had records and gave no result:\n{explanation}" if explanation.operators else ""


def _is_silent(counts: tuple[int, int]) -> bool:
    came, went = counts
    return came > 0 and went == 0


class RunningJob:
    """The engine's job behind a :class:`JobClient`."""

    def __init__(self, job: Job, job_name: str) -> None:
        self._job = job
        self._job_name = job_name

    def job_id(self) -> str:
        return self._job.id() or ""

    def status(self) -> str:
        return self._job.status()

    def snapshot(self) -> Snapshot:
        from time import time

        from flott.common._job_panel import Snapshot

        completed, failed, last = self._job.checkpoints()
        return Snapshot(
            name=self._job_name,
            status=self._job.status(),
            runtime_ms=self._job.runtime_ms(),
            operators=[(name, counters) for _, name, _, counters in self._job.metrics()],
            watermarks=self.watermarks(),
            now=round(time() * 1000),
            completed=completed,
            failed=failed,
            last=last,
        )

    def has_ended(self, timeout_ms: int) -> bool:
        return self._job.wait(timeout_ms)

    def cancel(self) -> None:
        """Stops the job and waits until none of its threads is left."""
        if not self._job.stop():
            self._job.wait(None)

    def stop_with_savepoint(self, advance_to_end_of_event_time: bool, savepoint_directory: str | None) -> str:
        directory = None if savepoint_directory is None else place(savepoint_directory)
        path = self._job.savepoint(directory, "drain" if advance_to_end_of_event_time else "suspend")
        self._job.wait(None)
        return path

    def trigger_savepoint(self, savepoint_directory: str | None) -> str:
        return self._job.savepoint(None if savepoint_directory is None else place(savepoint_directory))

    def standing(self) -> str:
        return self._job.standing()

    def accumulators(self) -> dict[str, Any]:
        return {}

    def watermarks(self) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for name, watermark in self._job.watermarks():
            reached = None if watermark == -(2**63) else watermark
            # of operators that share a name, the one that is behind
            before = found.setdefault(name, reached)
            found[name] = None if before is None or reached is None else min(before, reached)
        return found

    def wait(self) -> JobExecutionResult:
        self._job.result()
        return execution_result(self._job, self._job_name)
