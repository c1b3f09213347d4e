"""Avro. Records are read; files of them, and writing, are not in this version of Flott.

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
    """Reads a record in Avro's binary encoding into a row::

        schema = AvroRowDeserializationSchema(avro_schema_string='''{
            "type": "record", "name": "Order",
            "fields": [{"name": "id", "type": "long"}, {"name": "user", "type": ["null", "string"]}]}''')

    The record must have been written with that very schema. Enums are read as texts, ``bytes`` and ``fixed`` as bytes;
    the logical types date, time, timestamp and decimal (of up to 18 digits behind the point) as what they mean.
    """

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        """:param record_class: not available: it names a Java class
        :param avro_schema_string: the schema, as JSON
        :raises TypeError: without a schema
        :raises ValueError: naming the part of the schema that cannot be read
        """
        super().__init__()
        if avro_schema_string is None:
            raise TypeError(
                "AvroRowDeserializationSchema takes avro_schema_string, the schema as JSON; a record_class is Java"
            )
        from flott.datastream.formats._avro_schema import to_row_type

        self._type_info = to_row_type(avro_schema_string)
        self._avro_schema = avro_schema_string

    def _deserialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "avro", {"schema": self._avro_schema}, self._type_info

    def __repr__(self) -> str:
        return f"AvroRowDeserializationSchema({self._type_info!r})"


class AvroRowSerializationSchema(SerializationSchema):
    """Writes Avro records. Raises NotImplementedError: Avro is not there yet."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        raise not_there("AvroRowSerializationSchema", "Avro")
