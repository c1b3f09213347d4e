"""Which clock a timer went by."""

from __future__ import annotations

from enum import Enum

__all__ = ["TimeDomain"]


class TimeDomain(Enum):
    """Which clock a timer went by.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/process_function/
    """

    EVENT_TIME = 0
    PROCESSING_TIME = 1
