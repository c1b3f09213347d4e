"""Type information: what the values of a stream are, for the engine and for whoever reads the program.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/python/datastream/data_types/
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flott.common import _checks as checks
from flott.common import _java_text as java
from flott.common._checks import TypeMismatch
from flott.common.types import Row
from flott.common.utils import java_only

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime, time

    from flott.common.time import Instant

__all__ = ["TypeInformation", "Types"]


class TypeInformation:
    """What the values of a stream are. Made by :class:`Types`, never directly.

    Any value may also be None, Flink's null.
    """

    def get_java_type_info(self) -> Any:
        """Raises NotImplementedError: there is no Java object behind a type."""
        raise java_only(f"{type(self).__name__}.get_java_type_info()", "pass the type information itself")

    def need_conversion(self) -> bool:
        """Whether :meth:`to_internal_type` and :meth:`from_internal_type` do anything."""
        return False

    def to_internal_type(self, obj: Any) -> Any:
        """The value as plain numbers, strings and tuples (a date as days since 1970-01-01, for instance)."""
        return obj

    def from_internal_type(self, obj: Any) -> Any:
        """The opposite of :meth:`to_internal_type`."""
        return obj

    def _descriptor(self) -> dict[str, Any]:
        """The type as JSON-able data for the engine, for example ``{"kind": "LONG"}``."""
        raise NotImplementedError

    def _expected(self) -> str:
        """The type as error messages name it."""
        return str(self._descriptor()["kind"])

    def _check(self, value: Any) -> Any:
        """The value, converted to this type.

        :raises TypeMismatch: if it is not of this type
        """
        raise NotImplementedError

    def _checker(self) -> Callable[[Any], Any]:
        """:meth:`_check`, or something faster that does the same."""
        return self._check

    def _convert(self, value: Any, path: str = "value") -> Any:
        """The value, converted to this type.

        :param path: what to call the value in an error
        :raises TypeError: naming the field, the type expected and the value given
        """
        try:
            return self._check(value)
        except TypeMismatch as mismatch:
            raise TypeError(mismatch.message(path)) from None

    def _render(self, value: Any) -> str:
        """The value as Flink's ``print()`` shows it."""
        return java.object_text(value)

    def _identity(self) -> Any:
        """What two types of one class must share to be equal."""
        return self._descriptor()["kind"]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TypeInformation)
            and type(self) is type(other)
            and bool(self._identity() == other._identity())
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))


class BasicType(Enum):
    """The basic types, with the name each is printed as."""

    STRING = "String"
    BYTE = "Byte"
    BOOLEAN = "Boolean"
    SHORT = "Short"
    INT = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    CHAR = "Char"
    BIG_INT = "BigInteger"
    BIG_DEC = "BigDecimal"
    INSTANT = "Instant"


class BasicTypeInfo(TypeInformation):
    """One of the basic types."""

    def __init__(self, basic_type: BasicType) -> None:
        self._basic_type = basic_type
        self._checker_of_kind = checks.BASIC[basic_type.name]

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": self._basic_type.name}

    def _check(self, value: Any) -> Any:
        return self._checker_of_kind(value)

    def _checker(self) -> Callable[[Any], Any]:
        return self._checker_of_kind

    def _render(self, value: Any) -> str:
        if isinstance(value, float):
            return java.float_text(value) if self._basic_type is BasicType.FLOAT else java.double_text(value)
        return java.object_text(value)

    def __repr__(self) -> str:
        return self._basic_type.value

    @staticmethod
    def STRING_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.STRING)

    @staticmethod
    def BOOLEAN_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BOOLEAN)

    @staticmethod
    def BYTE_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BYTE)

    @staticmethod
    def SHORT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.SHORT)

    @staticmethod
    def INT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.INT)

    @staticmethod
    def LONG_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.LONG)

    @staticmethod
    def FLOAT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.FLOAT)

    @staticmethod
    def DOUBLE_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.DOUBLE)

    @staticmethod
    def CHAR_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.CHAR)

    @staticmethod
    def BIG_INT_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BIG_INT)

    @staticmethod
    def BIG_DEC_TYPE_INFO() -> BasicTypeInfo:
        return BasicTypeInfo(BasicType.BIG_DEC)

    @staticmethod
    def INSTANT_TYPE_INFO() -> BasicTypeInfo:
        return InstantTypeInfo(BasicType.INSTANT)


class InstantTypeInfo(BasicTypeInfo):
    """A point in time, :class:`flott.common.Instant`."""

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Instant | None) -> int | None:
        """Microseconds since 1970-01-01T00:00:00Z."""
        return None if obj is None else obj.seconds * 1_000_000 + obj.nanos // 1000

    def from_internal_type(self, obj: int | None) -> Instant | None:
        from flott.common.time import Instant

        if obj is None:
            return None
        seconds, micros = divmod(obj, 1_000_000)
        return Instant(seconds, micros * 1000)

    def _render(self, value: Any) -> str:
        return java.object_text(value) if value is None else java.instant_text(value.seconds, value.nanos)


class _TimeLikeTypeInfo(TypeInformation):
    """What the date and time types share."""

    _KIND = ""
    _NAME = ""

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": self._KIND}

    def __repr__(self) -> str:
        return self._NAME

    def need_conversion(self) -> bool:
        return True


class DateTypeInfo(_TimeLikeTypeInfo):
    """A date without time, ``datetime.date``."""

    _KIND, _NAME = "SQL_DATE", "DateTypeInfo"
    EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()

    def to_internal_type(self, d: date | None) -> int | None:
        """Days since 1970-01-01."""
        return None if d is None else d.toordinal() - self.EPOCH_ORDINAL

    def from_internal_type(self, v: int | None) -> date | None:
        from datetime import date

        return None if v is None else date.fromordinal(v + self.EPOCH_ORDINAL)

    def _check(self, value: Any) -> Any:
        return checks.date_value(value, self._KIND)


class TimeTypeInfo(_TimeLikeTypeInfo):
    """A time of day, ``datetime.time``; the engine keeps milliseconds, like Flink."""

    _KIND, _NAME = "SQL_TIME", "TimeTypeInfo"
    EPOCH_ORDINAL = 719_163 * 24 * 60 * 60 * 1_000_000

    def to_internal_type(self, t: time | None) -> int | None:
        """Microseconds since midnight."""
        if t is None:
            return None
        return ((t.hour * 60 + t.minute) * 60 + t.second) * 1_000_000 + t.microsecond

    def from_internal_type(self, t: int | None) -> time | None:
        from datetime import time

        if t is None:
            return None
        seconds, micros = divmod(t, 1_000_000)
        minutes, seconds = divmod(seconds, 60)
        return time(*divmod(minutes, 60), seconds, micros)

    def _check(self, value: Any) -> Any:
        return checks.time_value(value, self._KIND)

    def _render(self, value: Any) -> str:
        return java.object_text(value) if value is None else f"{value:%H:%M:%S}"


class TimestampTypeInfo(_TimeLikeTypeInfo):
    """A date and time without zone, ``datetime.datetime``. One with a zone is taken as its UTC time."""

    _KIND, _NAME = "SQL_TIMESTAMP", "TimestampTypeInfo"

    def to_internal_type(self, dt: datetime | None) -> int | None:
        """Microseconds since 1970-01-01 00:00:00."""
        from datetime import datetime, timedelta

        if dt is None:
            return None
        return (checks.timestamp_value(dt, self._KIND) - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # type: ignore[no-any-return]

    def from_internal_type(self, ts: int | None) -> datetime | None:
        from datetime import datetime, timedelta

        return None if ts is None else datetime(1970, 1, 1) + timedelta(microseconds=ts)

    def _check(self, value: Any) -> Any:
        return checks.timestamp_value(value, self._KIND)

    def _render(self, value: Any) -> str:
        return java.object_text(value) if value is None else java.timestamp_text(value)


class SqlTimeTypeInfo(TypeInformation):
    """Makes the types of SQL dates and times."""

    @staticmethod
    def DATE() -> DateTypeInfo:
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:
        return TimestampTypeInfo()


class LocalTimeTypeInfo(TypeInformation):
    """The types of a Table's dates and times when it becomes a stream; same Python classes as the SQL ones."""

    class TimeType(Enum):
        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: LocalTimeTypeInfo.TimeType) -> None:
        self._time_type = time_type

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": self._time_type.name}

    def _check(self, value: Any) -> Any:
        kind = self._time_type.name
        if kind == "LOCAL_DATE":
            return checks.date_value(value, kind)
        return checks.time_value(value, kind) if kind == "LOCAL_TIME" else checks.timestamp_value(value, kind)

    def _render(self, value: Any) -> str:
        if value is None or self._time_type is self.TimeType.LOCAL_DATE:
            return java.object_text(value)
        if self._time_type is self.TimeType.LOCAL_TIME:
            return java.local_time_text(value)
        return java.local_date_time_text(value)

    def __repr__(self) -> str:
        return f"LocalTimeTypeInfo({self._time_type.name})"


class PickledBytesTypeInfo(TypeInformation):
    """Any Python object: the type of a stream for which none was declared."""

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": "PICKLED_BYTE_ARRAY"}

    def _check(self, value: Any) -> Any:
        return value

    def _render(self, value: Any) -> str:
        return str(value)

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


class _ElementsTypeInfo(TypeInformation):
    """What arrays and lists share."""

    _KIND = ""
    _NAME = ""

    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = checks.type_information(element_type, f"the element type of Types.{self._KIND}")
        self._check_element = self._element_type._checker()

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": self._KIND, "element": self._element_type._descriptor()}

    def _identity(self) -> Any:
        return self._element_type

    def _expected(self) -> str:
        return f"{self._KIND} of {self._element_type._expected()}"

    def _check(self, value: Any) -> Any:
        return checks.elements(value, self._check_element, self._expected)

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        render = self._element_type._render
        return f"[{', '.join([render(item) for item in value])}]"

    def __repr__(self) -> str:
        return f"{self._NAME}<{self._element_type!r}>"


class PrimitiveArrayTypeInfo(_ElementsTypeInfo):
    """An array without nulls. Of bytes, it is Python's ``bytes``; else a list."""

    _KIND, _NAME = "PRIMITIVE_ARRAY", "PrimitiveArrayTypeInfo"

    def __init__(self, element_type: TypeInformation) -> None:
        super().__init__(element_type)
        kind = self._element_type._descriptor()["kind"]
        if kind not in ("BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "CHAR"):
            raise TypeError(
                f"{kind} is not a primitive type; use Types.BASIC_ARRAY or Types.OBJECT_ARRAY for arrays of it"
            )
        self._is_bytes = kind == "BYTE"

    def _check(self, value: Any) -> Any:
        if self._is_bytes and isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        items = checks.elements(value, self._check_element, self._expected)
        if items is not None and None in items:
            raise TypeMismatch("a value (a primitive array holds no nulls)", None).under(items.index(None))
        return bytes([item & 0xFF for item in items]) if self._is_bytes and items is not None else items

    def _render(self, value: Any) -> str:
        if isinstance(value, bytes):
            return f"[{', '.join([str(byte - 256 if byte > 127 else byte) for byte in value])}]"
        return super()._render(value)


class BasicArrayTypeInfo(_ElementsTypeInfo):
    """An array of basic values that may hold nulls; a list in Python."""

    _KIND, _NAME = "BASIC_ARRAY", "BasicArrayTypeInfo"


class ObjectArrayTypeInfo(_ElementsTypeInfo):
    """An array of any values; a list in Python."""

    _KIND, _NAME = "OBJECT_ARRAY", "ObjectArrayTypeInfo"


class ListTypeInfo(_ElementsTypeInfo):
    """A list."""

    _KIND, _NAME = "LIST", "ListTypeInfo"

    @property
    def elem_type(self) -> TypeInformation:
        """The type of the elements."""
        return self._element_type


class MapTypeInfo(TypeInformation):
    """A dict."""

    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = checks.type_information(key_type_info, "the key type of Types.MAP")
        self._value_type_info = checks.type_information(value_type_info, "the value type of Types.MAP")
        self._check_key = self._key_type_info._checker()
        self._check_value = self._value_type_info._checker()

    def _descriptor(self) -> dict[str, Any]:
        return {
            "kind": "MAP",
            "key": self._key_type_info._descriptor(),
            "value": self._value_type_info._descriptor(),
        }

    def _identity(self) -> Any:
        return self._key_type_info, self._value_type_info

    def _expected(self) -> str:
        return f"MAP of {self._key_type_info._expected()} to {self._value_type_info._expected()}"

    def _check(self, value: Any) -> Any:
        return checks.mapping(value, self._check_key, self._check_value, self._expected)

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        key, item = self._key_type_info._render, self._value_type_info._render
        return f"{{{', '.join([f'{key(k)}={item(v)}' for k, v in value.items()])}}}"

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"


class RowTypeInfo(TypeInformation):
    """A :class:`flott.common.Row`. Without names given, its fields are called f0, f1 and so on."""

    def __init__(self, field_types: list[TypeInformation], field_names: list[str] | None = None) -> None:
        self._field_types = checks.field_types(field_types, "Types.ROW" if field_names is None else "Types.ROW_NAMED")
        self._given_names = None if field_names is None else checks.field_names(field_names, len(self._field_types))
        self._names = self._given_names or [f"f{index}" for index in range(len(self._field_types))]
        self._checkers = [field._checker() for field in self._field_types]

    def get_field_names(self) -> list[str]:
        """The names of the fields."""
        return list(self._names)

    def get_field_index(self, field_name: str) -> int:
        """The position of a field.

        :raises ValueError: if there is no such field
        """
        return self._names.index(field_name)

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the fields."""
        return list(self._field_types)

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        """The row as a tuple of its kind's number and its fields' internal values."""
        if obj is None:
            return None
        kind = obj.get_row_kind().value if isinstance(obj, Row) else 0
        values = checks.row_values(obj, self._names, self._given_names is not None)
        if values is None:
            raise ValueError(f"Unexpected tuple {obj!r} with RowTypeInfo")
        return kind, *[field.to_internal_type(value) for field, value in zip(self._field_types, values)]

    def from_internal_type(self, obj: Any) -> Any:
        """The row of a tuple as :meth:`to_internal_type` makes it."""
        if obj is None or isinstance(obj, Row):
            return obj
        from flott.common.types import _KINDS

        values = [field.from_internal_type(value) for field, value in zip(self._field_types, obj[1:])]
        return Row._make(list(self._names), values, _KINDS[obj[0]])

    def _descriptor(self) -> dict[str, Any]:
        return {
            "kind": "ROW",
            "names": list(self._names),
            "fields": [field._descriptor() for field in self._field_types],
        }

    def _expected(self) -> str:
        return f"a ROW of {len(self._names)} fields ({', '.join(self._names)})"

    def _check(self, value: Any) -> Any:
        if value is None:
            return None
        names = self._names
        values = checks.row_values(value, names, self._given_names is not None)
        if values is None:
            raise TypeMismatch(self._expected(), value)
        converted = []
        try:
            for check, item in zip(self._checkers, values):
                converted.append(check(item))
        except TypeMismatch as mismatch:
            raise mismatch.under(names[len(converted)]) from None
        return Row._make(names, converted, value._row_kind) if value.__class__ is Row else Row._make(names, converted)

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        kind = value.get_row_kind() if isinstance(value, Row) else "+I"
        return f"{kind}[{', '.join([t._render(item) for t, item in zip(self._field_types, value)])}]"

    def _identity(self) -> Any:
        # As in Flink, the names do not count.
        return tuple(self._field_types)

    def __repr__(self) -> str:
        if self._given_names is not None:
            return f"RowTypeInfo({', '.join([f'{n}: {t!r}' for n, t in zip(self._names, self._field_types)])})"
        return f"RowTypeInfo({', '.join([repr(field) for field in self._field_types])})"


class TupleTypeInfo(TypeInformation):
    """A tuple with a type for each position."""

    def __init__(self, field_types: list[TypeInformation]) -> None:
        self._field_types = checks.field_types(field_types, "Types.TUPLE")
        self._checkers = [field._checker() for field in self._field_types]

    def get_field_types(self) -> list[TypeInformation]:
        """The types of the positions."""
        return list(self._field_types)

    def need_conversion(self) -> bool:
        return any(field.need_conversion() for field in self._field_types)

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        if obj is None:
            return None
        return tuple([field.to_internal_type(value) for field, value in zip(self._field_types, obj)])

    def from_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        if obj is None:
            return None
        return tuple([field.from_internal_type(value) for field, value in zip(self._field_types, obj)])

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": "TUPLE", "fields": [field._descriptor() for field in self._field_types]}

    def _identity(self) -> Any:
        return tuple(self._field_types)

    def _expected(self) -> str:
        return f"a TUPLE of {len(self._field_types)}"

    def _check(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, (tuple, list, Row)) or len(value) != len(self._checkers):
            raise TypeMismatch(self._expected(), value)
        converted = []
        try:
            for check, item in zip(self._checkers, value):
                converted.append(check(item))
        except TypeMismatch as mismatch:
            raise mismatch.under(len(converted)) from None
        return tuple(converted)

    def _render(self, value: Any) -> str:
        if value is None:
            return "null"
        return f"({','.join([t._render(item) for t, item in zip(self._field_types, value)])})"

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join([repr(field) for field in self._field_types])})"


class ExternalTypeInfo(TypeInformation):
    """A type as it appears at a Table's border; it stands for the type inside."""

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = checks.type_information(type_info, "the type of ExternalTypeInfo")

    def need_conversion(self) -> bool:
        return self._type_info.need_conversion()

    def to_internal_type(self, obj: Any) -> Any:
        return self._type_info.to_internal_type(obj)

    def from_internal_type(self, obj: Any) -> Any:
        return self._type_info.from_internal_type(obj)

    def _descriptor(self) -> dict[str, Any]:
        return self._type_info._descriptor()

    def _identity(self) -> Any:
        return self._type_info

    def _expected(self) -> str:
        return self._type_info._expected()

    def _check(self, value: Any) -> Any:
        return self._type_info._check(value)

    def _checker(self) -> Callable[[Any], Any]:
        return self._type_info._checker()

    def _render(self, value: Any) -> str:
        return self._type_info._render(value)

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"


class Types:
    """Makes the types of streams: ``Types.ROW_NAMED(["id", "name"], [Types.LONG(), Types.STRING()])``.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/python/datastream/data_types/
    """

    @staticmethod
    def STRING() -> TypeInformation:
        """Text, ``str``."""
        return BasicTypeInfo.STRING_TYPE_INFO()

    @staticmethod
    def BYTE() -> TypeInformation:
        """An ``int`` of 8 bits, -128 to 127."""
        return BasicTypeInfo.BYTE_TYPE_INFO()

    @staticmethod
    def BOOLEAN() -> TypeInformation:
        """A ``bool``."""
        return BasicTypeInfo.BOOLEAN_TYPE_INFO()

    @staticmethod
    def SHORT() -> TypeInformation:
        """An ``int`` of 16 bits."""
        return BasicTypeInfo.SHORT_TYPE_INFO()

    @staticmethod
    def INT() -> TypeInformation:
        """An ``int`` of 32 bits."""
        return BasicTypeInfo.INT_TYPE_INFO()

    @staticmethod
    def LONG() -> TypeInformation:
        """An ``int`` of 64 bits."""
        return BasicTypeInfo.LONG_TYPE_INFO()

    @staticmethod
    def FLOAT() -> TypeInformation:
        """A ``float`` kept in 32 bits."""
        return BasicTypeInfo.FLOAT_TYPE_INFO()

    @staticmethod
    def DOUBLE() -> TypeInformation:
        """A ``float``."""
        return BasicTypeInfo.DOUBLE_TYPE_INFO()

    @staticmethod
    def CHAR() -> TypeInformation:
        """A ``str`` of one character."""
        return BasicTypeInfo.CHAR_TYPE_INFO()

    @staticmethod
    def BIG_INT() -> TypeInformation:
        """An ``int`` of up to 38 digits."""
        return BasicTypeInfo.BIG_INT_TYPE_INFO()

    @staticmethod
    def BIG_DEC() -> TypeInformation:
        """A ``decimal.Decimal``; the engine's columns keep 38 digits, 18 of them behind the point."""
        return BasicTypeInfo.BIG_DEC_TYPE_INFO()

    @staticmethod
    def INSTANT() -> TypeInformation:
        """A point in time, :class:`flott.common.Instant`."""
        return BasicTypeInfo.INSTANT_TYPE_INFO()

    @staticmethod
    def SQL_DATE() -> TypeInformation:
        """A ``datetime.date``."""
        return SqlTimeTypeInfo.DATE()

    @staticmethod
    def SQL_TIME() -> TypeInformation:
        """A ``datetime.time``."""
        return SqlTimeTypeInfo.TIME()

    @staticmethod
    def SQL_TIMESTAMP() -> TypeInformation:
        """A ``datetime.datetime`` without zone."""
        return SqlTimeTypeInfo.TIMESTAMP()

    @staticmethod
    def PICKLED_BYTE_ARRAY() -> TypeInformation:
        """Any Python object."""
        return PickledBytesTypeInfo()

    @staticmethod
    def ROW(field_types: list[TypeInformation]) -> RowTypeInfo:
        """A :class:`flott.common.Row` with fields f0, f1 and so on."""
        return RowTypeInfo(field_types)

    @staticmethod
    def ROW_NAMED(field_names: list[str], field_types: list[TypeInformation]) -> RowTypeInfo:
        """A :class:`flott.common.Row` with named fields.

        :raises ValueError: if there are not as many names as types, or a name comes twice
        """
        return RowTypeInfo(field_types, field_names)

    @staticmethod
    def TUPLE(field_types: list[TypeInformation]) -> TupleTypeInfo:
        """A ``tuple`` with a type for each position."""
        return TupleTypeInfo(field_types)

    @staticmethod
    def PRIMITIVE_ARRAY(element_type: TypeInformation) -> PrimitiveArrayTypeInfo:
        """An array of numbers without nulls; ``bytes`` when the element type is BYTE, else a ``list``."""
        return PrimitiveArrayTypeInfo(element_type)

    @staticmethod
    def BASIC_ARRAY(element_type: TypeInformation) -> TypeInformation:
        """A ``list`` of basic values."""
        return BasicArrayTypeInfo(element_type)

    @staticmethod
    def OBJECT_ARRAY(element_type: TypeInformation) -> TypeInformation:
        """A ``list`` of any values."""
        return ObjectArrayTypeInfo(element_type)

    @staticmethod
    def MAP(key_type_info: TypeInformation, value_type_info: TypeInformation) -> TypeInformation:
        """A ``dict``."""
        return MapTypeInfo(key_type_info, value_type_info)

    @staticmethod
    def LIST(element_type_info: TypeInformation) -> TypeInformation:
        """A ``list``."""
        return ListTypeInfo(element_type_info)
