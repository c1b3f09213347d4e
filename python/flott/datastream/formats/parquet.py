"""Parquet. The names are there; reading and writing it is not in this version of Flott.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/formats/parquet/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream.connectors.file_system import BulkFormat, StreamFormat
from flott.datastream.formats._not_there import not_there

if TYPE_CHECKING:
    from flott.common.configuration import Configuration
    from flott.common.serialization import BulkWriterFactory
    from flott.datastream.formats.avro import AvroSchema

__all__ = ["AvroParquetReaders", "AvroParquetWriters", "ParquetBulkWriters", "ParquetColumnarRowInputFormat"]


class AvroParquetReaders:
    """Reads Parquet files into Avro records."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> StreamFormat:
        """Raises NotImplementedError: Parquet is not there yet."""
        raise not_there("AvroParquetReaders", "Parquet")


class AvroParquetWriters:
    """Writes Avro records into Parquet files."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkWriterFactory:
        """Raises NotImplementedError: Parquet is not there yet."""
        raise not_there("AvroParquetWriters", "Parquet")


class ParquetColumnarRowInputFormat(BulkFormat):
    """Reads Parquet files into rows. Raises NotImplementedError: Parquet is not there yet."""

    def __init__(
        self,
        row_type: Any,
        hadoop_config: Configuration | None = None,
        batch_size: int = 2048,
        is_utc_timestamp: bool = False,
        is_case_sensitive: bool = True,
    ) -> None:
        raise not_there("ParquetColumnarRowInputFormat", "Parquet")


class ParquetBulkWriters:
    """Writes rows into Parquet files."""

    @staticmethod
    def for_row_type(
        row_type: Any, hadoop_config: Configuration | None = None, utc_timestamp: bool = False
    ) -> BulkWriterFactory:
        """Raises NotImplementedError: Parquet is not there yet."""
        raise not_there("ParquetBulkWriters", "Parquet")
