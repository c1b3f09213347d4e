"""Types of single values; see :mod:`flott.common.typeinfo`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flott.common import _java_text as java
from flott.common._type_base import TypeInformation

if TYPE_CHECKING:
    from datetime import date, datetime, time

    from flott.common.time import Instant


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

    def _descriptor(self) -> dict[str, Any]:
        return {"kind": self._basic_type.name}

    def _render(self, value: Any) -> str:
        if isinstance(value, float):
            return java.float_text(value) if self._basic_type is BasicType.FLOAT else java.double_text(value)
        return java.object_text(value)

    def __repr__(self) -> str:
        return self._basic_type.value

    @staticmethod
    def STRING_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``str``: the same as ``Types.STRING()``."""
        return BasicTypeInfo(BasicType.STRING)

    @staticmethod
    def BOOLEAN_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``bool``: the same as ``Types.BOOLEAN()``."""
        return BasicTypeInfo(BasicType.BOOLEAN)

    @staticmethod
    def BYTE_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``int`` of 1 byte: the same as ``Types.BYTE()``."""
        return BasicTypeInfo(BasicType.BYTE)

    @staticmethod
    def SHORT_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``int`` of 2 bytes: the same as ``Types.SHORT()``."""
        return BasicTypeInfo(BasicType.SHORT)

    @staticmethod
    def INT_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``int`` of 4 bytes: the same as ``Types.INT()``."""
        return BasicTypeInfo(BasicType.INT)

    @staticmethod
    def LONG_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``int`` of 8 bytes: the same as ``Types.LONG()``."""
        return BasicTypeInfo(BasicType.LONG)

    @staticmethod
    def FLOAT_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``float`` of 4 bytes: the same as ``Types.FLOAT()``."""
        return BasicTypeInfo(BasicType.FLOAT)

    @staticmethod
    def DOUBLE_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``float`` of 8 bytes: the same as ``Types.DOUBLE()``."""
        return BasicTypeInfo(BasicType.DOUBLE)

    @staticmethod
    def CHAR_TYPE_INFO() -> BasicTypeInfo:
        """The type of one character, ``str``: the same as ``Types.CHAR()``."""
        return BasicTypeInfo(BasicType.CHAR)

    @staticmethod
    def BIG_INT_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``int`` of any size: the same as ``Types.BIG_INT()``."""
        return BasicTypeInfo(BasicType.BIG_INT)

    @staticmethod
    def BIG_DEC_TYPE_INFO() -> BasicTypeInfo:
        """The type of ``Decimal``: the same as ``Types.BIG_DEC()``."""
        return BasicTypeInfo(BasicType.BIG_DEC)

    @staticmethod
    def INSTANT_TYPE_INFO() -> BasicTypeInfo:
        """The type of :class:`Instant`: the same as ``Types.INSTANT()``."""
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
        naive: datetime = self._convert(dt)
        return (naive - datetime(1970, 1, 1)) // timedelta(microseconds=1)

    def from_internal_type(self, ts: int | None) -> datetime | None:
        from datetime import datetime, timedelta

        return None if ts is None else datetime(1970, 1, 1) + timedelta(microseconds=ts)

    def _render(self, value: Any) -> str:
        return java.object_text(value) if value is None else java.timestamp_text(value)


class SqlTimeTypeInfo(TypeInformation):
    """Makes the types of SQL dates and times."""

    @staticmethod
    def DATE() -> DateTypeInfo:
        """The type of ``datetime.date``: the same as ``Types.SQL_DATE()``."""
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:
        """The type of ``datetime.time``: the same as ``Types.SQL_TIME()``."""
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:
        """The type of ``datetime.datetime``: the same as ``Types.SQL_TIMESTAMP()``."""
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

    def _render(self, value: Any) -> str:
        if isinstance(value, (bytes, bytearray)):
            return f"[{', '.join([str(byte - 256 if byte > 127 else byte) for byte in value])}]"
        return str(value)

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"
