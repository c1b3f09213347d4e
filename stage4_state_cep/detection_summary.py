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
    """Counts of one run; None for what cannot be known: engines that keep their counters to themselves.

    :param anomalies: how many of each kind.
    :param late: how many messages came too late.
    :param duplicates: how many came while they were waiting already.
    """

    source: str
    database: Path | str
    seconds: float
    read: int | None
    late: int
    duplicates: int
    anomalies: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    logs: tuple[Path, ...] = ()

    def describe(self) -> str:
        """The summary for a person."""
        rows = [("read", self.read, f"messages from {self.source}"), ("rejected", self.rejected.total(), "messages")]
        rows += [("", count, reason.replace("_", " ")) for reason, count in self.rejected.most_common()]
        rows += [("late", self.late, "messages"), ("twice", self.duplicates, "messages")]
        rows.append(("found", None if self.read is None else self.anomalies.total(), "anomalies"))
        rows += [("", count, kind.replace("_", " ")) for kind, count in self.anomalies.most_common()]
        if self.read is not None and self.seconds > 0:
            rows.append(("speed", round(self.read / self.seconds), f"records/s ({self.seconds:.2f} s)"))
        numbers = ["?" if number is None else f"{number:,}" for _, number, _ in rows]
        width = max(map(len, numbers))
        text = [f"  {label:<9} {number:>{width}}  {what}" for (label, _, what), number in zip(rows, numbers)]
        text.append(f"  database  {self.database}")
        return "\n".join(text + [f"  logs      {folder}" for folder in {path.parent for path in self.logs}])


def summarize_detection(
    result: JobExecutionResult, source: str, database: Path | str, logs: Sequence[Path]
) -> DetectionSummary:
    """Counts what a finished run did.

    :param source: the name of the source operator.
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
        source=source,
        database=database,
        seconds=result.get_net_runtime() / 1000,
        read=counters.get(source, {}).get("numRecordsOut"),
        late=_count_lines(of("late")),
        duplicates=_count_lines(of("duplicates")),
        anomalies=anomalies,
        rejected=count_rejects(of("rejected")),
        logs=tuple(logs),
    )


def _count_lines(files: Sequence[Path]) -> int:
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
