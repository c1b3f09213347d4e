"""How records are written to, and read from, the bytes that connectors carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.utils import JavaObjectWrapper, java_only

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation

__all__ = ["BulkWriterFactory", "DeserializationSchema", "Encoder", "SerializationSchema", "SimpleStringSchema"]


def _own_schema(schema: object, base: str) -> NotImplementedError:
    return NotImplementedError(
        f"{type(schema).__name__} extends {base} in Python, which PyFlink does not run and Flott does not yet: "
        "use SimpleStringSchema() and a map() that converts the text, or a schema of flott.datastream.formats"
    )


class SerializationSchema:
    """How a record becomes bytes. Use :class:`SimpleStringSchema` or a schema of ``flott.datastream.formats``."""

    def __init__(self, j_serialization_schema: Any = None) -> None:
        """:raises NotImplementedError: if a Java schema is given"""
        if j_serialization_schema is not None:
            raise java_only("a Java SerializationSchema", "use a schema of flott.datastream.formats")

    def _serialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        """The format's name, its options, and the type of the records."""
        raise _own_schema(self, "SerializationSchema")


class DeserializationSchema:
    """How bytes become a record. Use :class:`SimpleStringSchema` or a schema of ``flott.datastream.formats``."""

    def __init__(self, j_deserialization_schema: Any = None) -> None:
        """:raises NotImplementedError: if a Java schema is given"""
        if j_deserialization_schema is not None:
            raise java_only("a Java DeserializationSchema", "use a schema of flott.datastream.formats")

    def _deserialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        """The format's name, its options, and the type of the records."""
        raise _own_schema(self, "DeserializationSchema")


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Records that are text, ``str``."""

    def __init__(self, charset: str = "UTF-8") -> None:
        """:param charset: how text is encoded

        :raises LookupError: if there is no such encoding
        """
        self._charset = _charset(charset)

    def _serialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        from flott.common.typeinfo import Types

        return "string", {"charset": self._charset}, Types.STRING()

    def _deserialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return self._serialization_spec()

    def __repr__(self) -> str:
        return f"SimpleStringSchema({self._charset!r})"


class Encoder:
    """How a record becomes a piece of a file."""

    def __init__(self, format_name: str, options: dict[str, str]) -> None:
        """Use :meth:`simple_string_encoder`."""
        self._format_name = format_name
        self._options = options

    @staticmethod
    def simple_string_encoder(charset_name: str = "UTF-8") -> Encoder:
        """Writes each record as a line, in the form ``print()`` would show it.

        :raises LookupError: if there is no such encoding
        """
        return Encoder("string", {"charset": _charset(charset_name)})

    def _spec(self) -> tuple[str, dict[str, str]]:
        return self._format_name, dict(self._options)

    def __repr__(self) -> str:
        return f"Encoder({self._format_name!r}, {self._options})"


class BulkWriterFactory(JavaObjectWrapper):
    """How records become a whole file, for ``FileSink.for_bulk_format``."""

    def __init__(self, format_name: str, options: dict[str, str]) -> None:
        """Use a class of ``flott.datastream.formats`` such as ``CsvBulkWriters``."""
        self._format_name = format_name
        self._options = options

    def _spec(self) -> tuple[str, dict[str, str]]:
        return self._format_name, dict(self._options)


class RowDataBulkWriterFactory(BulkWriterFactory):
    """A factory for rows of a known type."""

    def __init__(self, format_name: str, options: dict[str, str], row_type: Any) -> None:
        super().__init__(format_name, options)
        self._row_type = row_type

    def get_row_type(self) -> Any:
        """The type of the rows."""
        return self._row_type


def _charset(name: str) -> str:
    # The default needs no look-up, which would load the codecs' machinery.
    if name not in ("UTF-8", "utf-8"):
        import codecs

        codecs.lookup(name)
    return name
