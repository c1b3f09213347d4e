"""What a run of this week's jobs did, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flott.common import JobExecutionResult
from stage1_basic_etl.etl_summary import count_rejects

_ANOMALIES = "anomalies."


@dataclass(frozen=True)
class DetectionSummary:
    """Counts of one run.

    :param read: how many messages from each topic; empty where that cannot be known.
    :param anomalies: how many of each kind.
    :param late: how many messages came too late.
    :param duplicates: how many came while they were waiting already.
    """

    database: Path | str
    seconds: float
    read: Mapping[str, int]
    late: int
    duplicates: int
    anomalies: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    logs: tuple[Path, ...] = ()

    def describe(self) -> str:
        """The summary for a person."""
        read: list[tuple[str, int | None, str]] = [
            ("" if at else "read", count, f"messages from {topic}")
            for at, (topic, count) in enumerate(self.read.items())
        ]
        rows = [*(read or [("read", None, "messages")]), ("rejected", self.rejected.total(), "messages")]
        rows += [("", count, reason.replace("_", " ")) for reason, count in self.rejected.most_common()]
        rows += [("late", self.late, "messages"), ("twice", self.duplicates, "messages")]
        rows.append(("found", self.anomalies.total() if self.read else None, "anomalies"))
        rows += [("", count, kind.replace("_", " ")) for kind, count in self.anomalies.most_common()]
        if self.read and self.seconds > 0:
            rows.append(("speed", round(sum(self.read.values()) / self.seconds), f"records/s ({self.seconds:.2f} s)"))
        numbers = ["?" if number is None else f"{number:,}" for _, number, _ in rows]
        width = max(map(len, numbers))
        text = [f"  {label:<9} {number:>{width}}  {what}" for (label, _, what), number in zip(rows, numbers)]
        text.append(f"  database  {self.database}")
        return "\n".join(text + [f"  logs      {folder}" for folder in {path.parent for path in self.logs}])


def summarize_detection(
    result: JobExecutionResult, sources: Sequence[str], database: Path | str, logs: Sequence[Path]
) -> DetectionSummary:
    """Counts what a finished run did.

    :param sources: the names of the source operators; one may be missing in a job that does not need it.
    :param database: the SQLite file, or the URL of a server.
    :param logs: the files this run wrote.
    """
    # Flink has its counters behind a REST interface; Flott hands them out with the result.
    counters: Mapping[str, Mapping[str, int]] = result.get_metrics() if hasattr(result, "get_metrics") else {}

    def of(kind: str) -> list[Path]:
        return [path for path in logs if path.name.startswith(f"{kind}-")]

    anomalies = Counter(
        {
            name.removeprefix(_ANOMALIES): count
            for operator in counters.values()
            for name, count in operator.items()
            if name.startswith(_ANOMALIES) and count
        }
    )
    return DetectionSummary(
        database=database,
        seconds=result.get_net_runtime() / 1000,
        read={source: counters[source]["numRecordsOut"] for source in sources if source in counters},
        late=_count_lines(of("late")),
        duplicates=_count_lines(of("duplicates")),
        anomalies=anomalies,
        rejected=count_rejects(of("rejected")),
        logs=tuple(logs),
    )


def _count_lines(files: Sequence[Path]) -> int:
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
