"""A hand on a job that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flott._reexports import reexport
from flott.common.completable_future import CompletableFuture
from flott.common.job_id import JobID
from flott.common.job_status import JobStatus

if TYPE_CHECKING:
    from flott.common._job_panel import Snapshot
    from flott.common.job_execution_result import JobExecutionResult
    from flott.common.window_explanation import WindowExplanation

__all__ = ["JobClient"]

reexport(__name__)


class JobHandle(Protocol):
    """What the engine gives a :class:`JobClient` to work with. Each method may block."""

    def job_id(self) -> str: ...

    def status(self) -> str:
        """The name of a :class:`JobStatus`."""
        ...

    def cancel(self) -> None: ...

    def stop_with_savepoint(self, advance_to_end_of_event_time: bool, savepoint_directory: str | None) -> str: ...

    def trigger_savepoint(self, savepoint_directory: str | None) -> str: ...

    def standing(self) -> str: ...

    def snapshot(self) -> Snapshot: ...

    def has_ended(self, timeout_ms: int) -> bool: ...

    def accumulators(self) -> dict[str, Any]: ...

    def watermarks(self) -> dict[str, int | None]: ...

    def wait(self) -> JobExecutionResult:
        """Waits for the job's end; raises what made it fail."""
        ...


class JobClient:
    """A hand on a job that runs, from ``env.execute_async()``::

    client = env.execute_async("orders")
    client.get_job_execution_result().result()

    A notebook shows it as a table of the job's operators, with records, records per second, watermarks, the lag of
    sources that know it, and checkpoints, which goes on until the job has ended.
    """

    def __init__(self, job: JobHandle) -> None:
        self._job = job

    def _repr_html_(self) -> str:
        from flott.common._job_panel import panel

        return panel(self._job.snapshot())

    def _ipython_display_(self) -> None:
        from flott.common._job_panel import show_live
        from flott.datastream._notebook import in_notebook

        if in_notebook():
            show_live(self._job)
        else:
            print(repr(self))

    def get_job_id(self) -> JobID:
        """The name of the run."""
        return JobID(self._job.job_id())

    def get_job_status(self) -> CompletableFuture:
        """What the job is doing: a future of :class:`JobStatus`."""
        return CompletableFuture._of(JobStatus[self._job.status()])

    def cancel(self) -> CompletableFuture:
        """Ends the job without a savepoint: a future that is done when the job has ended."""
        return CompletableFuture._run(self._job.cancel, "flott-cancel")

    def stop_with_savepoint(
        self, advance_to_end_of_event_time: bool, savepoint_directory: str | None = None
    ) -> CompletableFuture:
        """Ends the job with a savepoint: a future of the savepoint's URL, there when the job has ended.

        What sinks in two phases hold back is visible then, up to the savepoint. If the savepoint fails, so does the
        future, and the job goes on (a job that has advanced to the end of event time fails).

        :param advance_to_end_of_event_time: first fire all timers and windows, for a job that will not go on
        :param savepoint_directory: a path or a URL; ``execution.checkpointing.savepoint-dir`` unless given
        :raises FlottError: (from the future) if there is no savepoint, with what to do
        """
        return CompletableFuture._run(
            lambda: self._job.stop_with_savepoint(advance_to_end_of_event_time, savepoint_directory), "flott-stop"
        )

    def trigger_savepoint(self, savepoint_directory: str | None = None) -> CompletableFuture:
        """Takes a savepoint while the job goes on: a future of its URL.

        Nothing removes it but who asked for it. A job that fails does not go on from it, but from its last checkpoint::

            path = client.trigger_savepoint("/var/lib/flott/savepoints").result()

        :param savepoint_directory: a path or a URL; ``execution.checkpointing.savepoint-dir`` unless given
        :raises FlottError: (from the future) if there is no savepoint, with what to do
        """
        return CompletableFuture._run(lambda: self._job.trigger_savepoint(savepoint_directory), "flott-savepoint")

    def get_accumulators(self) -> CompletableFuture:
        """The accumulators by name, as they are now: a future of a dict."""
        return CompletableFuture._of(self._job.accumulators())

    def get_watermarks(self) -> CompletableFuture:
        """How far each operator is in event time (beyond PyFlink): a future of a dict from its name to the watermark
        that all its subtasks have reached, in milliseconds, or to None before the first. Flink shows it as the metric
        ``currentInputWatermark``."""
        return CompletableFuture._of(self._job.watermarks())

    def explain_windows(self) -> WindowExplanation:
        """Why windows have not fired yet; beyond PyFlink. Print what it returns::

            print(client.explain_windows())

        It tells of each operator with windows how many are open, what the first one waits for, which input or
        partition holds the watermark back, and what came too late. The job is asked when this is called, and not
        disturbed otherwise.
        """
        from flott.common.window_explanation import WindowExplanation

        return WindowExplanation(self._job.standing())

    def get_job_execution_result(self) -> CompletableFuture:
        """A future of the :class:`JobExecutionResult`, there when the job has finished."""
        return CompletableFuture._run(self._job.wait, "flott-result")
