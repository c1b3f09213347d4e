"""The data types of columns, named as in SQL.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/types/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation

__all__ = ["DataType", "DataTypes"]


class DataType:
    """The type of a column. Made by :class:`DataTypes`.

    >>> str(DataTypes.DECIMAL(10, 2))
    'DECIMAL(10, 2)'
    """

    __slots__ = ("_nullable", "_text")

    def __init__(self, text: str, nullable: bool = True) -> None:
        self._text = text
        self._nullable = nullable

    def nullable(self) -> DataType:
        """The same type, with NULL among its values."""
        return DataType(self._text)

    def not_null(self) -> DataType:
        """The same type without NULL."""
        return DataType(self._text, False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return self._text if self._nullable else f"{self._text} NOT NULL"


class _Field:
    """A named field of a row type."""

    __slots__ = ("data_type", "name")

    def __init__(self, name: str, data_type: DataType) -> None:
        self.name = name
        self.data_type = data_type


class DataTypes:
    """Makes data types: ``DataTypes.ROW([DataTypes.FIELD("id", DataTypes.BIGINT())])``."""

    @staticmethod
    def NULL() -> DataType:
        """The type of nothing but null."""
        return DataType("NULL")

    @staticmethod
    def BOOLEAN(nullable: bool = True) -> DataType:
        """True or false: ``bool``."""
        return DataType("BOOLEAN", nullable)

    @staticmethod
    def TINYINT(nullable: bool = True) -> DataType:
        """A whole number of 1 byte: ``int``, -128 to 127."""
        return DataType("TINYINT", nullable)

    @staticmethod
    def SMALLINT(nullable: bool = True) -> DataType:
        """A whole number of 2 bytes: ``int``."""
        return DataType("SMALLINT", nullable)

    @staticmethod
    def INT(nullable: bool = True) -> DataType:
        """A whole number of 4 bytes: ``int``."""
        return DataType("INT", nullable)

    @staticmethod
    def BIGINT(nullable: bool = True) -> DataType:
        """A whole number of 8 bytes: ``int``."""
        return DataType("BIGINT", nullable)

    @staticmethod
    def FLOAT(nullable: bool = True) -> DataType:
        """A floating-point number of 4 bytes: ``float``."""
        return DataType("FLOAT", nullable)

    @staticmethod
    def DOUBLE(nullable: bool = True) -> DataType:
        """A floating-point number of 8 bytes: ``float``."""
        return DataType("DOUBLE", nullable)

    @staticmethod
    def DECIMAL(precision: int, scale: int, nullable: bool = True) -> DataType:
        """:param precision: all digits, 1 to 38
        :param scale: the digits behind the point, 0 to the precision
        :raises ValueError: outside of these
        """
        if not (1 <= precision <= 38 and 0 <= scale <= precision):
            raise ValueError(f"DECIMAL({precision}, {scale}): precision is 1 to 38, scale 0 to the precision")
        return DataType(f"DECIMAL({precision}, {scale})", nullable)

    @staticmethod
    def CHAR(length: int, nullable: bool = True) -> DataType:
        """A text of ``length`` characters: ``str``."""
        return DataType(f"CHAR({length})", nullable)

    @staticmethod
    def VARCHAR(length: int, nullable: bool = True) -> DataType:
        """A text of at most ``length`` characters: ``str``."""
        return DataType(f"VARCHAR({length})", nullable)

    @staticmethod
    def STRING(nullable: bool = True) -> DataType:
        """A text of any length: ``str``."""
        return DataType("STRING", nullable)

    @staticmethod
    def BINARY(length: int, nullable: bool = True) -> DataType:
        """``length`` bytes: ``bytes``."""
        return DataType(f"BINARY({length})", nullable)

    @staticmethod
    def VARBINARY(length: int, nullable: bool = True) -> DataType:
        """At most ``length`` bytes: ``bytes``."""
        return DataType(f"VARBINARY({length})", nullable)

    @staticmethod
    def BYTES(nullable: bool = True) -> DataType:
        """Any number of bytes: ``bytes``."""
        return DataType("BYTES", nullable)

    @staticmethod
    def DATE(nullable: bool = True) -> DataType:
        """A day: ``datetime.date``."""
        return DataType("DATE", nullable)

    @staticmethod
    def TIME(precision: int = 0, nullable: bool = True) -> DataType:
        """A time of day: ``datetime.time``; ``precision`` is the digits of the second's fraction, 0 to 9."""
        return DataType(f"TIME({precision})", nullable)

    @staticmethod
    def TIMESTAMP(precision: int = 6, nullable: bool = True) -> DataType:
        """A date and time without a zone: ``datetime``; ``precision`` as that of :meth:`TIME`."""
        return DataType(f"TIMESTAMP({precision})", nullable)

    @staticmethod
    def TIMESTAMP_LTZ(precision: int = 6, nullable: bool = True) -> DataType:
        """A moment: ``Instant``; ``precision`` as that of :meth:`TIME`."""
        return DataType(f"TIMESTAMP_LTZ({precision})", nullable)

    @staticmethod
    def TIMESTAMP_WITH_LOCAL_TIME_ZONE(precision: int = 6, nullable: bool = True) -> DataType:
        """The same as :meth:`TIMESTAMP_LTZ`."""
        return DataTypes.TIMESTAMP_LTZ(precision, nullable)

    @staticmethod
    def ARRAY(element_type: DataType, nullable: bool = True) -> DataType:
        """A list of elements of one type: ``list``."""
        return DataType(f"ARRAY<{element_type}>", nullable)

    @staticmethod
    def LIST_VIEW(element_type: DataType) -> DataType:
        """Raises NotImplementedError: views are state of aggregate functions."""
        raise NotImplementedError("LIST_VIEW is the state of an aggregate function, not a column's type")

    @staticmethod
    def MAP(key_type: DataType, value_type: DataType, nullable: bool = True) -> DataType:
        """Keys of one type with values of one type: ``dict``."""
        return DataType(f"MAP<{key_type}, {value_type}>", nullable)

    @staticmethod
    def FIELD(name: str, data_type: DataType, description: str | None = None) -> _Field:
        """A named field, for :meth:`ROW`."""
        return _Field(name, data_type)

    @staticmethod
    def ROW(row_fields: list[Any] | None = None, nullable: bool = True) -> DataType:
        """:param row_fields: :meth:`FIELD` of each, or types only, which are then called f0, f1, …"""
        fields = []
        for index, field in enumerate(row_fields or []):
            named = field if isinstance(field, _Field) else _Field(f"f{index}", field)
            fields.append(f"`{named.name}` {named.data_type}")
        return DataType(f"ROW<{', '.join(fields)}>", nullable)


_KINDS = {
    "STRING": "STRING",
    "CHAR": "STRING",
    "BOOLEAN": "BOOLEAN",
    "BYTE": "TINYINT",
    "SHORT": "SMALLINT",
    "INT": "INT",
    "LONG": "BIGINT",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "BIG_INT": "DECIMAL(38, 0)",
    "BIG_DEC": "DECIMAL(38, 18)",
    "SQL_DATE": "DATE",
    "SQL_TIME": "TIME(0)",
    "SQL_TIMESTAMP": "TIMESTAMP(6)",
    "INSTANT": "TIMESTAMP_LTZ(6)",
}


def type_text(data_type: DataType | TypeInformation | str) -> str:
    """The SQL name of a type: of a :class:`DataType`, of ``Types.…()``, or of a text as it is.

    :raises TypeError: if it is no type, or one that columns do not have
    """
    if isinstance(data_type, str):
        return data_type
    if isinstance(data_type, DataType):
        return str(data_type)
    descriptor = getattr(data_type, "_descriptor", None)
    if descriptor is None:
        raise TypeError(f"a data type is needed, such as DataTypes.INT(), not {data_type!r}")
    return _described(descriptor())


def _described(descriptor: dict[str, Any]) -> str:
    kind = descriptor["kind"]
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "PRIMITIVE_ARRAY" and descriptor["element"]["kind"] == "BYTE":
        return "BYTES"
    if "element" in descriptor:
        return f"ARRAY<{_described(descriptor['element'])}>"
    if kind == "MAP":
        return f"MAP<{_described(descriptor['key'])}, {_described(descriptor['value'])}>"
    if kind in ("ROW", "TUPLE"):
        fields = [_described(field) for field in descriptor["fields"]]
        names = descriptor.get("names") or [f"f{index}" for index in range(len(fields))]
        return f"ROW<{', '.join(f'`{name}` {field}' for name, field in zip(names, fields, strict=True))}>"
    raise TypeError(f"columns have no type {kind}")
