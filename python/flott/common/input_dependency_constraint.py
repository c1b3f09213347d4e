"""When a task of a batch job may start; without effect since Flink 1.13."""

from __future__ import annotations

from enum import Enum

__all__ = ["InputDependencyConstraint"]


class InputDependencyConstraint(Enum):
    """When a task of a batch job may start; without effect since Flink 1.13."""

    ANY = 0
    ALL = 1
