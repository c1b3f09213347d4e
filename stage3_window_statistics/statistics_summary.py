"""What a run of week 3's job did, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flott.common import JobExecutionResult
from stage1_basic_etl.etl_summary import count_rejects
from stage3_window_statistics.statistic import STATISTICS


@dataclass(frozen=True)
class StatisticsSummary:
    """Counts of one run; None for what cannot be known: engines that keep their counters to themselves.

    :param results: how many results each statistic gave; a window may give several.
    :param late: how many orders came too late to be counted.
    """

    source: str
    database: Path | str
    seconds: float
    read: int | None
    late: int
    results: Mapping[str, int] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    logs: tuple[Path, ...] = ()

    def describe(self) -> str:
        """The summary for a person."""
        rows = [("read", self.read, f"messages from {self.source}"), ("rejected", self.rejected.total(), "messages")]
        rows += [("", count, reason.replace("_", " ")) for reason, count in self.rejected.most_common()]
        rows.append(("late", self.late, "messages, too late to be counted"))
        label = "results"
        for name, count in self.results.items():
            rows.append((label, count, name.replace("_", " ")))
            label = ""
        if self.read is not None and self.seconds > 0:
            rows.append(("speed", round(self.read / self.seconds), f"records/s ({self.seconds:.2f} s)"))
        numbers = ["?" if number is None else f"{number:,}" for _, number, _ in rows]
        width = max(map(len, numbers))
        text = [f"  {label:<9} {number:>{width}}  {what}" for (label, _, what), number in zip(rows, numbers)]
        return "\n".join([*text, f"  database  {self.database}", *(f"  log       {path}" for path in self.logs)])


def summarize_statistics(
    result: JobExecutionResult, source: str, database: Path | str, rejects: Sequence[Path], late: Sequence[Path]
) -> StatisticsSummary:
    """Counts what a finished run did; the parameters are as for week 1's summary.

    :param late: the files this run wrote its late orders to.
    """
    # Flink has its counters behind a REST interface; Flott hands them out with the result.
    counters: Mapping[str, Mapping[str, int]] = result.get_metrics() if hasattr(result, "get_metrics") else {}
    return StatisticsSummary(
        source=source,
        database=database,
        seconds=result.get_net_runtime() / 1000,
        read=counters.get(source, {}).get("numRecordsOut"),
        late=sum(len(path.read_text(encoding="utf-8").splitlines()) for path in late),
        results={s.name: counters[s.name]["numRecordsOut"] for s in STATISTICS if s.name in counters},
        rejected=count_rejects(rejects),
        logs=(*rejects, *late),
    )
