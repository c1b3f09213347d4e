"""What is left of a job that finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.job_id import JobID

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JobExecutionResult"]


class JobExecutionResult:
    """How long a job ran, and its accumulators."""

    def __init__(
        self,
        job_id: JobID | str,
        net_runtime: int,
        accumulators: Mapping[str, Any] | None = None,
        job_name: str = "",
        metrics: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """:param net_runtime: milliseconds
        :param metrics: counters by operator and name
        """
        self._job_id = job_id if isinstance(job_id, JobID) else JobID(job_id)
        self._net_runtime = net_runtime
        self._accumulators = dict(accumulators or {})
        self._job_name = job_name
        self._metrics = {operator: dict(counters) for operator, counters in (metrics or {}).items()}

    def get_job_id(self) -> JobID:
        """The name of the run."""
        return self._job_id

    def get_net_runtime(self) -> int:
        """How long the job ran, in milliseconds."""
        return self._net_runtime

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """The value of an accumulator, or None if there is none of that name."""
        return self._accumulators.get(accumulator_name)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        """The accumulators by name."""
        return dict(self._accumulators)

    def get_metrics(self) -> dict[str, dict[str, int]]:
        """The counters of each operator by its name (beyond PyFlink)::

        {"orders": {"numRecordsOut": 10000}, "validate": {"numRecordsIn": 10000, "rejected": 97}}
        """
        return {operator: dict(counters) for operator, counters in self._metrics.items()}

    def __repr__(self) -> str:
        return f"JobExecutionResult({self._job_name or str(self._job_id)!r}, {self._net_runtime} ms)"

    def _repr_html_(self) -> str:
        from flott.common._html import box, table

        names = sorted({name for counters in self._metrics.values() for name in counters})
        rows = [
            (operator, *(f"{counters[name]:,}" if name in counters else "" for name in names))
            for operator, counters in self._metrics.items()
        ]
        title = f"{self._job_name or self._job_id}: finished after {self._net_runtime / 1000:.2f} s"
        return box(title, table(["operator", *names], rows, right=range(1, len(names) + 1)))

    def __str__(self) -> str:
        lines = [
            "Program execution finished",
            f"Job with JobID {self._job_id} has finished.",
            f"Job Runtime: {self._net_runtime} ms",
        ]
        if self._accumulators:
            lines.append("Accumulator Results: ")
            lines.extend(f"- {name}: {value}" for name, value in sorted(self._accumulators.items()))
        return "\n".join(lines) + "\n"
