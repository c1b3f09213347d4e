"""What a run of the ETL did, in numbers and in words.

The numbers come from where they can be checked: rejects from the lines of their files, the rest from the engine's
counters, or where it has none to give, from the tables of an SQLite file.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from flott.common import JobExecutionResult


@dataclass(frozen=True)
class EtlSummary:
    """Counts of one run; ``None`` for what cannot be known: engines that keep their counters to themselves."""

    source: str
    database: Path | str
    seconds: float
    read: int | None
    orders: int | None
    lines: int | None
    rejected: Counter[str] = field(default_factory=Counter)
    rejects: tuple[Path, ...] = ()

    def describe(self) -> str:
        """The summary for a person."""
        rows = [
            ("read", _number(self.read), f"messages from {self.source}"),
            ("written", _number(self.orders), f"orders with {_number(self.lines)} lines"),
            ("rejected", _number(self.rejected.total()), "messages"),
        ]
        rows += [("", _number(count), reason.replace("_", " ")) for reason, count in self.rejected.most_common()]
        width = max(len(number) for _, number, _ in rows)
        text = [f"  {label:<9} {number:>{width}}  {what}" for label, number, what in rows]
        if self.read is not None and self.seconds > 0:
            text.append(f"  {'speed':<9} {self.read / self.seconds:>{width},.0f}  records/s ({self.seconds:.2f} s)")
        text.append(f"  database  {self.database}")
        text += [f"  rejects   {path}" for path in self.rejects]
        return "\n".join(text)


def summarize(result: JobExecutionResult, source: str, database: Path | str, rejects: Sequence[Path]) -> EtlSummary:
    """Counts what a finished run did.

    :param source: the name of the source operator.
    :param database: the SQLite file, or the URL of a server.
    :param rejects: the files this run wrote its rejects to.
    """
    # Flink has its counters behind a REST interface; Flott hands them out with the result.
    counters: Mapping[str, Mapping[str, int]] = result.get_metrics() if hasattr(result, "get_metrics") else {}
    orders = counters.get("order_header", {}).get("numRecordsIn")
    lines = counters.get("order_line", {}).get("numRecordsIn")
    if orders is None and isinstance(database, Path):
        orders, lines = count_loaded(database)
    return EtlSummary(
        source=source,
        database=database,
        seconds=result.get_net_runtime() / 1000,
        read=counters.get(source, {}).get("numRecordsOut"),
        orders=orders,
        lines=lines,
        rejected=count_rejects(rejects),
        rejects=tuple(rejects),
    )


def count_rejects(files: Sequence[Path]) -> Counter[str]:
    """How many rejects the files hold for each reason."""
    reasons: Counter[str] = Counter()
    for file in files:
        with file.open(encoding="utf-8") as lines:
            reasons.update(json.loads(line)["reason"] for line in lines)
    return reasons


def count_loaded(database: Path) -> tuple[int, int]:
    """How many orders and lines the tables of an SQLite file hold."""
    with closing(sqlite3.connect(database)) as connection:
        (orders,) = connection.execute("SELECT count(*) FROM order_header").fetchone()
        (lines,) = connection.execute("SELECT count(*) FROM order_line").fetchone()
    return orders, lines


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
