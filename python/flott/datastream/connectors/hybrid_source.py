"""Sources one after the other. The names are there; it is not in this version of Flott.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/hybridsource/
"""

from __future__ import annotations

from typing import Any

from flott.datastream.connectors.base import Source

__all__ = ["HybridSource", "HybridSourceBuilder"]


def _not_there() -> NotImplementedError:
    return NotImplementedError(
        "HybridSource is not in this version of Flott: run one job over the first source and one over the next, "
        "or union() the streams of both where their order does not matter"
    )


class HybridSource(Source):
    """Reads one source to its end, then the next. Raises NotImplementedError: it is not there yet."""

    def __init__(self, j_hybrid_source: Any) -> None:
        raise _not_there()

    @staticmethod
    def builder(first_source: Source) -> HybridSourceBuilder:
        """Raises NotImplementedError: it is not there yet."""
        raise _not_there()


class HybridSourceBuilder:
    """Makes a :class:`HybridSource`. Raises NotImplementedError: it is not there yet."""

    def __init__(self, j_hybrid_source_builder: Any) -> None:
        raise _not_there()

    def add_source(self, source: Source) -> HybridSourceBuilder:
        """Raises NotImplementedError: it is not there yet."""
        raise _not_there()

    def build(self) -> HybridSource:
        """Raises NotImplementedError: it is not there yet."""
        raise _not_there()
