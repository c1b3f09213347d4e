"""Lengths of time and points in time."""

from __future__ import annotations

from flott.common._units import format_iso_duration

__all__ = ["Duration", "Instant", "Time"]

_MILLI = 1_000_000
_SECOND = 1_000_000_000


def _whole(amount: object, unit: str) -> int:
    if isinstance(amount, bool) or not hasattr(amount, "__index__"):
        raise TypeError(
            f"a number of {unit} is a whole number (int), not {amount!r}; use a smaller unit for a fraction"
        )
    return int(amount.__index__())


class Duration:
    """A length of time in nanoseconds, made by ``Duration.of_seconds(5)`` and the like.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/api/python/reference/pyflink.common/index.html
    """

    __slots__ = ("_nanos",)

    def __init__(self, nanos: int) -> None:
        self._nanos = _whole(nanos, "nanoseconds")

    @staticmethod
    def of_days(days: int) -> Duration:
        """A duration of that many days of 24 hours."""
        return Duration(_whole(days, "days") * 86_400 * _SECOND)

    @staticmethod
    def of_hours(hours: int) -> Duration:
        """A duration of that many hours."""
        return Duration(_whole(hours, "hours") * 3_600 * _SECOND)

    @staticmethod
    def of_millis(millis: int) -> Duration:
        """A duration of that many milliseconds."""
        return Duration(_whole(millis, "milliseconds") * _MILLI)

    @staticmethod
    def of_minutes(minutes: int) -> Duration:
        """A duration of that many minutes."""
        return Duration(_whole(minutes, "minutes") * 60 * _SECOND)

    @staticmethod
    def of_nanos(nanos: int) -> Duration:
        """A duration of that many nanoseconds."""
        return Duration(nanos)

    @staticmethod
    def of_seconds(seconds: int) -> Duration:
        """A duration of that many seconds."""
        return Duration(_whole(seconds, "seconds") * _SECOND)

    def _to_millis(self) -> int:
        return self._nanos // _MILLI

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self._nanos == other._nanos

    def __hash__(self) -> int:
        return hash(("Duration", self._nanos))

    def __repr__(self) -> str:
        return f"Duration({format_iso_duration(self._nanos)})"

    def __str__(self) -> str:
        return format_iso_duration(self._nanos)


class Instant:
    """A point in time: seconds since 1970-01-01T00:00:00Z, and nanoseconds into that second."""

    __slots__ = ("nanos", "seconds")

    def __init__(self, seconds: int, nanos: int) -> None:
        """:param nanos: 0 to 999,999,999"""
        self.seconds = seconds
        self.nanos = nanos

    def to_epoch_milli(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z, rounded down."""
        return self.seconds * 1000 + self.nanos // _MILLI

    @staticmethod
    def of_epoch_milli(epoch_milli: int) -> Instant:
        """The point that many milliseconds after (or, if negative, before) 1970-01-01T00:00:00Z."""
        seconds, millis = divmod(epoch_milli, 1000)
        return Instant(seconds, millis * _MILLI)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and self.seconds == other.seconds and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash((self.seconds, self.nanos))

    def __repr__(self) -> str:
        return f"Instant<{self.seconds}, {self.nanos}>"


class Time:
    """A length of time in milliseconds, as windows and state take it: ``Time.minutes(5)``."""

    __slots__ = ("_milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = _whole(milliseconds, "milliseconds")

    def to_milliseconds(self) -> int:
        """The length in milliseconds."""
        return self._milliseconds

    @staticmethod
    def milliseconds(milliseconds: int) -> Time:
        """That many milliseconds."""
        return Time(milliseconds)

    @staticmethod
    def seconds(seconds: int) -> Time:
        """That many seconds."""
        return Time(_whole(seconds, "seconds") * 1000)

    @staticmethod
    def minutes(minutes: int) -> Time:
        """That many minutes."""
        return Time(_whole(minutes, "minutes") * 60_000)

    @staticmethod
    def hours(hours: int) -> Time:
        """That many hours."""
        return Time(_whole(hours, "hours") * 3_600_000)

    @staticmethod
    def days(days: int) -> Time:
        """That many days of 24 hours."""
        return Time(_whole(days, "days") * 86_400_000)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self._milliseconds == other._milliseconds

    def __hash__(self) -> int:
        return hash(("Time", self._milliseconds))

    def __repr__(self) -> str:
        return f"Time({self._milliseconds} ms)"

    def __str__(self) -> str:
        return f"{self._milliseconds} ms"
