"""Avro. The names are there; reading and writing it is not in this version of Flott.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/formats/avro/
"""

from __future__ import annotations

from typing import Any

from flott.common.io import InputFormat
from flott.common.serialization import BulkWriterFactory, DeserializationSchema, SerializationSchema
from flott.common.typeinfo import TypeInformation
from flott.datastream.formats._not_there import not_there
from flott.datastream.utils import ResultTypeQueryable

__all__ = [
    "AvroBulkWriters",
    "AvroInputFormat",
    "AvroRowDeserializationSchema",
    "AvroRowSerializationSchema",
    "AvroSchema",
    "GenericRecordAvroTypeInfo",
]


class AvroSchema:
    """A schema, as JSON."""

    def __init__(self, j_schema: Any) -> None:
        """Use :meth:`parse_string` or :meth:`parse_file`.

        :param j_schema: the parsed schema
        """
        self._schema = j_schema

    def __str__(self) -> str:
        from json import dumps

        return dumps(self._schema, separators=(",", ":"))

    @staticmethod
    def parse_string(json_schema: str) -> AvroSchema:
        """The schema that a text describes.

        :raises ValueError: if it is no JSON
        """
        from json import loads

        return AvroSchema(loads(json_schema))

    @staticmethod
    def parse_file(file_path: str) -> AvroSchema:
        """The schema that a file describes.

        :raises ValueError: if it is no JSON
        """
        with open(file_path, encoding="utf-8") as file:
            return AvroSchema.parse_string(file.read())


class GenericRecordAvroTypeInfo(TypeInformation):
    """The type of Avro records. Raises NotImplementedError: Avro is not there yet."""

    def __init__(self, schema: AvroSchema) -> None:
        raise not_there("GenericRecordAvroTypeInfo", "Avro")

    def get_java_type_info(self) -> Any:
        """Raises NotImplementedError: there is no Java object."""
        raise not_there("GenericRecordAvroTypeInfo", "Avro")


class AvroInputFormat(InputFormat, ResultTypeQueryable):
    """Files of Avro records. Raises NotImplementedError: Avro is not there yet."""

    def __init__(self, path: str, schema: AvroSchema) -> None:
        raise not_there("AvroInputFormat", "Avro")

    def get_produced_type(self) -> GenericRecordAvroTypeInfo:
        """Raises NotImplementedError: Avro is not there yet."""
        raise not_there("AvroInputFormat", "Avro")


class AvroBulkWriters:
    """Writes files of Avro records."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkWriterFactory:
        """Raises NotImplementedError: Avro is not there yet."""
        raise not_there("AvroBulkWriters", "Avro")


class AvroRowDeserializationSchema(DeserializationSchema):
    """Reads Avro records. Raises NotImplementedError: Avro is not there yet."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        raise not_there("AvroRowDeserializationSchema", "Avro")


class AvroRowSerializationSchema(SerializationSchema):
    """Writes Avro records. Raises NotImplementedError: Avro is not there yet."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        raise not_there("AvroRowSerializationSchema", "Avro")
