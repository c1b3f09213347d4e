"""Which time a program means; since Flink 1.12 event time always works."""

from __future__ import annotations

from enum import Enum

__all__ = ["TimeCharacteristic"]


class TimeCharacteristic(Enum):
    """Which time a program means; since Flink 1.12 event time always works.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/concepts/time/
    """

    ProcessingTime = 0
    IngestionTime = 1
    EventTime = 2
