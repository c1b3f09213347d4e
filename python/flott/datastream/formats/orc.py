"""ORC. The name is there; writing it is not in this version of Flott.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/filesystem/#bulk-encoded-formats
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream.formats._not_there import not_there

if TYPE_CHECKING:
    from flott.common.configuration import Configuration
    from flott.common.serialization import BulkWriterFactory

__all__ = ["OrcBulkWriters"]


class OrcBulkWriters:
    """Writes ORC files."""

    @staticmethod
    def for_row_type(
        row_type: Any, writer_properties: Configuration | None = None, hadoop_config: Configuration | None = None
    ) -> BulkWriterFactory:
        """Raises NotImplementedError: ORC is not there yet."""
        raise not_there("OrcBulkWriters", "ORC")
