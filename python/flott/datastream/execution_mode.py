"""Whether results come while input does, or once at its end."""

from __future__ import annotations

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """Whether results come while input does, or once at its end.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/execution_mode/
    """

    STREAMING = 0
    BATCH = 1
    AUTOMATIC = 2
