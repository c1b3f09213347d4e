"""Numbers that a program counts while it runs. Mirrors ``pyflink.metrics``."""

from __future__ import annotations

from flott.metrics.metricbase import Counter, Distribution, Meter, Metric, MetricGroup

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]
