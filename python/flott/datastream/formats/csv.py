"""Rows as lines of comma-separated values.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/formats/csv/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.serialization import (
    BulkWriterFactory,
    DeserializationSchema,
    RowDataBulkWriterFactory,
    SerializationSchema,
)
from flott.common.typeinfo import RowTypeInfo, TypeInformation, Types
from flott.datastream.connectors.file_system import StreamFormat
from flott.datastream.formats.json import row_type

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CsvBulkWriters",
    "CsvReaderFormat",
    "CsvRowDeserializationSchema",
    "CsvRowSerializationSchema",
    "CsvSchema",
    "CsvSchemaBuilder",
]

# The table API's types, which PyFlink's CSV schema takes.
_TABLE_TYPES: dict[str, Callable[[], TypeInformation]] = {
    "TINYINT": Types.BYTE,
    "SMALLINT": Types.SHORT,
    "INT": Types.INT,
    "BIGINT": Types.LONG,
    "FLOAT": Types.FLOAT,
    "DOUBLE": Types.DOUBLE,
    "DECIMAL": Types.BIG_DEC,
    "BOOLEAN": Types.BOOLEAN,
    "CHAR": Types.STRING,
    "VARCHAR": Types.STRING,
    "STRING": Types.STRING,
}
_NUMBERS = ("BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "BIG_INT", "BIG_DEC")


class CsvSchema:
    """The columns of CSV files, and how they are written."""

    def __init__(self, columns: list[tuple[str, str, TypeInformation]], options: dict[str, str]) -> None:
        """Use :meth:`builder`.

        :param columns: name, kind (NUMBER, STRING, BOOLEAN, ARRAY) and type of each
        """
        self._columns = columns
        self._options = options

    @staticmethod
    def builder() -> CsvSchemaBuilder:
        """Starts a schema."""
        return CsvSchemaBuilder()

    def size(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    def _type_info(self) -> RowTypeInfo:
        return Types.ROW_NAMED([name for name, _, _ in self._columns], [column for _, _, column in self._columns])

    def __len__(self) -> int:
        return len(self._columns)

    def __str__(self) -> str:
        def flag(option: str) -> str:
            return self._options.get(option, "false")

        columns = ",".join(f'"{name}"/{kind}' for name, kind, _ in self._columns)
        rest = f"as '{self._options['any-property-name']}'" if "any-property-name" in self._options else "N/A"
        return (
            f"[CsvSchema: columns=[{columns}], header? {flag('use-header')}, skipFirst? {flag('skip-first-data-row')}, "
            f"comments? {flag('allow-comments')}, any-properties? {rest}]"
        )

    def __repr__(self) -> str:
        return str(self)


class CsvSchemaBuilder:
    """Makes a :class:`CsvSchema`."""

    def __init__(self) -> None:
        self._columns: list[tuple[str, str, TypeInformation]] = []
        self._options: dict[str, str] = {}

    def build(self) -> CsvSchema:
        """The schema."""
        return CsvSchema(list(self._columns), dict(self._options))

    def _column(self, name: str, kind: str, type_info: TypeInformation) -> CsvSchemaBuilder:
        if not isinstance(name, str) or not name:
            raise TypeError(f"a column's name is a string of at least one character, not {name!r}")
        if any(name == given for given, _, _ in self._columns):
            raise ValueError(f"the column '{name}' was already added")
        self._columns.append((name, kind, type_info))
        return self

    def _option(self, name: str, value: str | None) -> CsvSchemaBuilder:
        if value is None:
            self._options.pop(name, None)
        else:
            self._options[name] = value
        return self

    def add_array_column(self, name: str, separator: str = ";", element_type: Any = None) -> CsvSchemaBuilder:
        """Adds a column of lists.

        :param separator: what stands between elements
        :param element_type: text unless given; ``Types.INT()`` or a type of the table API
        """
        element = Types.STRING() if element_type is None else _column_type(element_type, name)
        self._column(name, "ARRAY", Types.OBJECT_ARRAY(element))
        return self.set_array_element_separator(separator)

    def add_boolean_column(self, name: str) -> CsvSchemaBuilder:
        """Adds a column of ``true`` and ``false``."""
        return self._column(name, "BOOLEAN", Types.BOOLEAN())

    def add_number_column(self, name: str, number_type: Any = None) -> CsvSchemaBuilder:
        """Adds a column of numbers.

        :param number_type: ``Types.LONG()`` unless given; another of ``Types`` or a type of the table API
        :raises TypeError: if it is not a type of numbers
        """
        column = Types.LONG() if number_type is None else _column_type(number_type, name)
        if column._descriptor()["kind"] not in _NUMBERS:
            raise TypeError(f"add_number_column('{name}'): {column!r} is not a type of numbers")
        return self._column(name, "NUMBER", column)

    def add_string_column(self, name: str) -> CsvSchemaBuilder:
        """Adds a column of text."""
        return self._column(name, "STRING", Types.STRING())

    def add_columns_from(self, schema: CsvSchema) -> CsvSchemaBuilder:
        """Adds the columns of another schema, except those whose name is taken."""
        taken = {name for name, _, _ in self._columns}
        self._columns.extend(column for column in schema._columns if column[0] not in taken)
        return self

    def clear_columns(self) -> CsvSchemaBuilder:
        """Removes all columns."""
        self._columns.clear()
        return self

    def set_allow_comments(self, allow: bool = True) -> CsvSchemaBuilder:
        """Sets whether lines that start with ``#`` are skipped."""
        return self._option("allow-comments", _flag(allow))

    def set_any_property_name(self, name: str) -> CsvSchemaBuilder:
        """Refused: a row has a fixed number of fields.

        :raises NotImplementedError: always
        """
        raise NotImplementedError(
            f"set_any_property_name('{name}'): a row cannot take columns without a name; add them"
        )

    def disable_array_element_separator(self) -> CsvSchemaBuilder:
        """Takes back the separator of list elements: a list has one element then."""
        return self._option("array-element-delimiter", "")

    def remove_array_element_separator(self, index: int) -> CsvSchemaBuilder:
        """Takes back the separator of the list in the column at ``index``.

        :raises IndexError: if there is no such column
        """
        if not 0 <= index < len(self._columns):
            raise IndexError(f"there is no column {index}; there are {len(self._columns)}")
        return self._option("array-element-delimiter", "")

    def set_array_element_separator(self, separator: str) -> CsvSchemaBuilder:
        """Sets what stands between list elements; ``;`` unless set. All columns share it."""
        return self._option("array-element-delimiter", separator)

    def set_column_separator(self, char: str) -> CsvSchemaBuilder:
        """Sets what stands between columns; ``,`` unless set.

        :raises ValueError: if it is not one character
        """
        return self._option("field-delimiter", _char(char, "Column separator"))

    def disable_escape_char(self) -> CsvSchemaBuilder:
        """Takes back the escape character; there is none unless set."""
        return self._option("escape-character", None)

    def set_escape_char(self, char: str) -> CsvSchemaBuilder:
        """Sets the character that makes the next one stand for itself.

        :raises ValueError: if it is not one character
        """
        return self._option("escape-character", _char(char, "Escape char"))

    def set_line_separator(self, separator: str) -> CsvSchemaBuilder:
        r"""Sets what ends a line when writing; ``\n`` unless set. Reading takes ``\n`` and ``\r\n``."""
        return self._option("line-delimiter", separator)

    def set_null_value(self, null_value: str) -> CsvSchemaBuilder:
        """Sets the text that stands for None."""
        return self._option("null-literal", null_value)

    def disable_quote_char(self) -> CsvSchemaBuilder:
        """Takes quotes as text."""
        self._options.pop("quote-character", None)
        return self._option("disable-quote-character", "true")

    def set_quote_char(self, char: str) -> CsvSchemaBuilder:
        """Sets the character around text that has separators in it; ``"`` unless set.

        :raises ValueError: if it is not one character
        """
        self._options.pop("disable-quote-character", None)
        return self._option("quote-character", _char(char, "Quote char"))

    def set_skip_first_data_row(self, skip: bool = True) -> CsvSchemaBuilder:
        """Sets whether the first line of a file is skipped."""
        return self._option("skip-first-data-row", _flag(skip))

    def set_strict_headers(self, strict: bool = True) -> CsvSchemaBuilder:
        """Sets whether a header must name the columns in the schema's order."""
        return self._option("strict-headers", _flag(strict))

    def set_use_header(self, use: bool = True) -> CsvSchemaBuilder:
        """Sets whether the first line of a file names its columns, which may then come in another order."""
        return self._option("use-header", _flag(use))

    def size(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class CsvReaderFormat(StreamFormat):
    """Reads CSV files into rows: ``FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), path)``."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvReaderFormat:
        """Reads the columns of ``schema``.

        :raises TypeError: if it is not a :class:`CsvSchema`
        """
        _require_schema(schema, "CsvReaderFormat.for_schema")
        return CsvReaderFormat("csv", dict(schema._options), schema._type_info())


class CsvBulkWriters:
    """Writes rows into CSV files: ``FileSink.for_bulk_format(path, CsvBulkWriters.for_schema(schema))``."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> BulkWriterFactory:
        """Writes the columns of ``schema``.

        :raises TypeError: if it is not a :class:`CsvSchema`
        """
        _require_schema(schema, "CsvBulkWriters.for_schema")
        return RowDataBulkWriterFactory("csv", dict(schema._options), schema._type_info())


class CsvRowDeserializationSchema(DeserializationSchema):
    """Reads a line into a row."""

    def __init__(self, type_info: RowTypeInfo, options: dict[str, str]) -> None:
        """Use :class:`CsvRowDeserializationSchema.Builder`."""
        super().__init__()
        self._type_info = type_info
        self._options = options

    def _deserialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "csv", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"CsvRowDeserializationSchema({self._type_info!r}, {self._options})"

    class Builder:
        """Makes a :class:`CsvRowDeserializationSchema`."""

        def __init__(self, type_info: TypeInformation) -> None:
            """:param type_info: the type of the rows, whose fields are the columns in order

            :raises TypeError: if it is not the type of a row
            """
            self._type_info = row_type(type_info, "CsvRowDeserializationSchema: type_info")
            self._options: dict[str, str] = {}

        def set_field_delimiter(self, delimiter: str) -> CsvRowDeserializationSchema.Builder:
            """Sets what stands between columns, one character; ``,`` unless set."""
            self._options["field-delimiter"] = _char(delimiter, "Field delimiter")
            return self

        def set_allow_comments(self, allow_comments: bool) -> CsvRowDeserializationSchema.Builder:
            """Sets whether lines that start with ``#`` are skipped."""
            self._options["allow-comments"] = _flag(allow_comments)
            return self

        def set_array_element_delimiter(self, delimiter: str) -> CsvRowDeserializationSchema.Builder:
            """Sets what stands between list elements; ``;`` unless set."""
            self._options["array-element-delimiter"] = delimiter
            return self

        def set_quote_character(self, c: str) -> CsvRowDeserializationSchema.Builder:
            """Sets the character around text that has separators in it; ``"`` unless set."""
            self._options["quote-character"] = _char(c, "Quote character")
            return self

        def set_escape_character(self, c: str) -> CsvRowDeserializationSchema.Builder:
            """Sets the character that makes the next one stand for itself; none unless set."""
            self._options["escape-character"] = _char(c, "Escape character")
            return self

        def set_null_literal(self, null_literal: str) -> CsvRowDeserializationSchema.Builder:
            """Sets the text that stands for None; none unless set."""
            self._options["null-literal"] = null_literal
            return self

        def set_ignore_parse_errors(self, ignore_parse_errors: bool) -> CsvRowDeserializationSchema.Builder:
            """Sets whether lines that cannot be read are skipped and counted; the job fails otherwise."""
            self._options["ignore-parse-errors"] = _flag(ignore_parse_errors)
            return self

        def build(self) -> CsvRowDeserializationSchema:
            """The schema."""
            return CsvRowDeserializationSchema(self._type_info, dict(self._options))


class CsvRowSerializationSchema(SerializationSchema):
    """Writes a row as a line."""

    def __init__(self, type_info: RowTypeInfo, options: dict[str, str]) -> None:
        """Use :class:`CsvRowSerializationSchema.Builder`."""
        super().__init__()
        self._type_info = type_info
        self._options = options

    def _serialization_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "csv", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"CsvRowSerializationSchema({self._type_info!r}, {self._options})"

    class Builder:
        """Makes a :class:`CsvRowSerializationSchema`."""

        def __init__(self, type_info: TypeInformation) -> None:
            """:param type_info: the type of the rows, whose fields are the columns in order

            :raises TypeError: if it is not the type of a row
            """
            self._type_info = row_type(type_info, "CsvRowSerializationSchema: type_info")
            self._options: dict[str, str] = {}

        def set_field_delimiter(self, c: str) -> CsvRowSerializationSchema.Builder:
            """Sets what stands between columns, one character; ``,`` unless set."""
            self._options["field-delimiter"] = _char(c, "Field delimiter")
            return self

        def set_line_delimiter(self, delimiter: str) -> CsvRowSerializationSchema.Builder:
            r"""Sets what ends a line: ``\n`` unless set, ``\r``, ``\r\n`` or nothing.

            :raises ValueError: if it is something else
            """
            if delimiter not in ("\n", "\r", "\r\n", ""):
                raise ValueError(rf"Line delimiter must be \n, \r, \r\n or empty, got {delimiter!r}")
            self._options["line-delimiter"] = delimiter
            return self

        def set_array_element_delimiter(self, delimiter: str) -> CsvRowSerializationSchema.Builder:
            """Sets what stands between list elements; ``;`` unless set."""
            self._options["array-element-delimiter"] = delimiter
            return self

        def disable_quote_character(self) -> CsvRowSerializationSchema.Builder:
            """Writes text without quotes, whatever is in it."""
            self._options.pop("quote-character", None)
            self._options["disable-quote-character"] = "true"
            return self

        def set_quote_character(self, c: str) -> CsvRowSerializationSchema.Builder:
            """Sets the character around text that has separators in it; ``"`` unless set."""
            self._options.pop("disable-quote-character", None)
            self._options["quote-character"] = _char(c, "Quote character")
            return self

        def set_escape_character(self, c: str) -> CsvRowSerializationSchema.Builder:
            """Sets the character that makes the next one stand for itself; none unless set."""
            self._options["escape-character"] = _char(c, "Escape character")
            return self

        def set_null_literal(self, s: str) -> CsvRowSerializationSchema.Builder:
            """Sets the text that stands for None; empty unless set."""
            self._options["null-literal"] = s
            return self

        def build(self) -> CsvRowSerializationSchema:
            """The schema."""
            return CsvRowSerializationSchema(self._type_info, dict(self._options))


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _char(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) != 1:
        raise ValueError(f"{what} must be a single char, got {value}")
    return value


def _require_schema(given: Any, method: str) -> None:
    if not isinstance(given, CsvSchema):
        hint = "; call .build()" if isinstance(given, CsvSchemaBuilder) else ""
        raise TypeError(f"{method} takes a CsvSchema, not {type(given).__name__}{hint}")


def _column_type(given: Any, name: str) -> TypeInformation:
    """``given`` if it is type information, or what stands for a type of the table API."""
    if isinstance(given, TypeInformation):
        return given
    # DECIMAL(10, 2) NOT NULL: neither the length nor the null matters to a text
    make = _TABLE_TYPES.get(str(given).partition(" ")[0].partition("(")[0])
    if make is None:
        raise TypeError(f"the type of column '{name}' is one of Types or DataTypes, not {given!r}")
    return make()
