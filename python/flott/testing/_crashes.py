"""Jobs that crash under a seed, on the engine's simulated executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flott.datastream._transformation import build_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flott._flott import Job
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["Plan", "Start", "records_of_sources", "shown", "start_crashing"]

#: Nothing of a simulated job takes that long (ms): checkpoints are begun by the plan, and do not time out.
_HOUR = 3_600_000
_MANY = 2**31 - 1


class Plan(NamedTuple):
    """What happens to a job; what is left open is drawn by the seed."""

    seed: int
    #: How often it crashes.
    crashes: int
    #: How many steps it has without a crash, about, with batches of one record: they come anywhere in them.
    steps: int
    #: What the parallelism and the size of batches are drawn from at each start.
    parallelism: Sequence[int] = (1, 2, 3)
    batch_sizes: Sequence[int] = (1, 2, 3)
    #: One operation of the checkpoints' storage in so many fails; 0 for none.
    failing_storage: int = 0
    #: Where the clock starts, in ms.
    now: int = 0


class Start(NamedTuple):
    """One start of a job, until it crashed or ended."""

    #: The checkpoint it went on from; None for the beginning.
    checkpoint: int | None
    parallelism: int
    batch_size: int
    steps: int
    #: ``killed``, ``machine down``, ``stopped``, ``failed`` or ``finished``.
    end: str

    def __str__(self) -> str:
        begun = "from the beginning" if self.checkpoint is None else f"from checkpoint {self.checkpoint}"
        of = f"parallelism {self.parallelism}, batches of {self.batch_size}"
        return f"{begun} with {of}: {self.end} after {self.steps} steps"


def start_crashing(env: StreamExecutionEnvironment, job_name: str | None, plan: Plan) -> tuple[Job, list[Start]]:
    """Runs what has been built in the environment to its end; what it prints and collects appears exactly once.

    :raises ValueError: if a source does not end
    """
    from flott._flott import Graph

    env._unrun.clear()
    graph, _ = build_graph(env._transformations, Graph(crashing=True))
    if not graph.is_bounded():
        raise ValueError(
            "a source of the job does not end, so that there is no result to compare: bound it, for example with "
            "KafkaSource's set_bounded(...), or read from env.from_collection(...)"
        )
    config = {
        **env._job_config(job_name),
        "checkpoint_interval_ms": _HOUR,
        "checkpoint_timeout_ms": 100 * _HOUR,
        "checkpoint_pause_ms": 0,
        "tolerated_failures": _MANY,
    }
    job, starts = graph.crash(config, plan._asdict())
    env._transformations.clear()
    return job, [Start(*start) for start in starts]


def records_of_sources(job: Job) -> int:
    """How many records the sources of the last start have emitted."""
    return sum(counters.get("numRecordsOut", 0) for _, _, kind, counters in job.metrics() if kind == "source")


def shown(starts: Sequence[Start]) -> str:
    """How a job lived, a line a start."""
    return "\n".join(f"  {number}. {start}" for number, start in enumerate(starts, 1))
