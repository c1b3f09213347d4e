"""Rows as JSON objects.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/formats/json/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott._reexports import reexport
from flott.common.serialization import DeserializationSchema, SerializationSchema
from flott.common.typeinfo import RowTypeInfo

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]

reexport(__name__)


class JsonRowDeserializationSchema(DeserializationSchema):
    """Reads a JSON object into a row::

    schema = JsonRowDeserializationSchema.builder().type_info(
        Types.ROW_NAMED(["id", "amount"], [Types.LONG(), Types.DOUBLE()])).build()
    """

    def __init__(self, type_info: RowTypeInfo, options: dict[str, str]) -> None:
        """Use :meth:`builder`."""
        super().__init__()
        self._type_info = type_info
        self._options = options

    @staticmethod
    def builder() -> JsonRowDeserializationSchema.Builder:
        """Starts a schema."""
        return JsonRowDeserializationSchema.Builder()

    def _deserialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "json", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"JsonRowDeserializationSchema({self._type_info!r}, {self._options})"

    class Builder:
        """Makes a :class:`JsonRowDeserializationSchema`."""

        def __init__(self) -> None:
            self._type_info: RowTypeInfo | None = None
            self._fail_on_missing_field = False
            self._ignore_parse_errors = False

        def type_info(self, type_info: TypeInformation) -> JsonRowDeserializationSchema.Builder:
            """Sets the type of the rows, whose names are the keys in the JSON object.

            :raises TypeError: if it is not the type of a row
            """
            self._type_info = row_type(type_info, "JsonRowDeserializationSchema: type_info")
            return self

        def json_schema(self, json_schema: str) -> JsonRowDeserializationSchema.Builder:
            """Sets the type of the rows by a JSON schema: an object whose properties are the fields.

            :raises ValueError: naming the part of the schema that cannot be read
            """
            if not json_schema:
                raise ValueError("The json_schema must not be empty.")
            from flott.datastream.formats._json_schema import to_row_type

            self._type_info = to_row_type(json_schema)
            return self

        def fail_on_missing_field(self) -> JsonRowDeserializationSchema.Builder:
            """Fails where an object lacks a field; the field is None otherwise."""
            self._fail_on_missing_field = True
            return self

        def ignore_parse_errors(self) -> JsonRowDeserializationSchema.Builder:
            """Skips what is not JSON of that type, and counts it; the job fails otherwise."""
            self._ignore_parse_errors = True
            return self

        def build(self) -> JsonRowDeserializationSchema:
            """The schema.

            :raises ValueError: without a type, or if both ways to treat errors were chosen
            """
            if self._type_info is None:
                raise ValueError("JsonRowDeserializationSchema: no type; call type_info(Types.ROW_NAMED([...], [...]))")
            if self._fail_on_missing_field and self._ignore_parse_errors:
                raise ValueError(
                    "JsonRowDeserializationSchema: fail_on_missing_field() and ignore_parse_errors() contradict each "
                    "other; call one of them"
                )
            options = {}
            if self._fail_on_missing_field:
                options["fail-on-missing-field"] = "true"
            if self._ignore_parse_errors:
                options["ignore-parse-errors"] = "true"
            # What Flink's Row schema reads and writes: 2024-01-01T10:00:00, not SQL's space.
            options["timestamp-format"] = "ISO-8601"
            return JsonRowDeserializationSchema(self._type_info, options)


class JsonRowSerializationSchema(SerializationSchema):
    """Writes a row as a JSON object."""

    def __init__(self, type_info: RowTypeInfo, options: dict[str, str]) -> None:
        """Use :meth:`builder`."""
        super().__init__()
        self._type_info = type_info
        self._options = options

    @staticmethod
    def builder() -> JsonRowSerializationSchema.Builder:
        """Starts a schema."""
        return JsonRowSerializationSchema.Builder()

    def _serialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "json", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"JsonRowSerializationSchema({self._type_info!r})"

    class Builder:
        """Makes a :class:`JsonRowSerializationSchema`."""

        def __init__(self) -> None:
            self._type_info: RowTypeInfo | None = None

        def with_type_info(self, type_info: TypeInformation) -> JsonRowSerializationSchema.Builder:
            """Sets the type of the rows, whose names become the keys in the JSON object.

            :raises TypeError: if it is not the type of a row
            """
            self._type_info = row_type(type_info, "JsonRowSerializationSchema: with_type_info")
            return self

        def build(self) -> JsonRowSerializationSchema:
            """The schema.

            :raises TypeError: without a type
            """
            if self._type_info is None:
                raise TypeError(
                    "JsonRowSerializationSchema: no type; call with_type_info(Types.ROW_NAMED([...], [...]))"
                )
            return JsonRowSerializationSchema(self._type_info, {"timestamp-format": "ISO-8601"})


def row_type(given: Any, what: str) -> RowTypeInfo:
    """``given`` if it is the type of a row.

    :raises TypeError: naming ``what``
    """
    if not isinstance(given, RowTypeInfo):
        raise TypeError(f"{what} must be Types.ROW(...) or Types.ROW_NAMED(...), not {given!r}")
    return given
