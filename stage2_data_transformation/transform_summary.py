"""What a run of week 2's job did, in numbers and in words: week 1's summary, and what cleaning changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stage1_basic_etl.etl_summary import EtlSummary
from stage2_data_transformation.order_cleaner import field_name


@dataclass(frozen=True)
class TransformSummary:
    """Counts of one run.

    :param etl: what was read, written and rejected.
    :param changes: how often cleaning changed which field.
    :param change_logs: the files that list these changes.
    """

    etl: EtlSummary
    changes: Counter[str] = field(default_factory=Counter)
    change_logs: tuple[Path, ...] = ()

    def describe(self) -> str:
        """The summary for a person."""
        text = [self.etl.describe(), f"  cleaned   {self.changes.total():,} values"]
        width = max((len(f"{number:,}") for number in self.changes.values()), default=0)
        text += [f"            {number:>{width},}  {name}" for name, number in self.changes.most_common()]
        text += [f"  changes   {path}" for path in self.change_logs]
        return "\n".join(text)


def count_changes(files: Sequence[Path]) -> Counter[str]:
    """How many changes the logs list for each field."""
    fields: Counter[str] = Counter()
    for file in files:
        with file.open(encoding="utf-8") as lines:
            fields.update(field_name(json.loads(line)["field"]) for line in lines)
    return fields
