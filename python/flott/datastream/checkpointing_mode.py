"""How often a record may count in state after a failure."""

from __future__ import annotations

from enum import Enum

__all__ = ["CheckpointingMode"]


class CheckpointingMode(Enum):
    """How often a record may count in state after a failure.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/checkpointing/
    """

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
