"""Values as Java prints them, which is what Flink's ``print()`` and ``toString`` show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime, time


def double_text(value: float) -> str:
    """``Double.toString``: ``0.1``, ``1.0E10``, ``NaN``, ``-Infinity``."""
    return _floating(value, repr(value))


def float_text(value: float) -> str:
    """``Float.toString``: the shortest text that names the same 32-bit number."""
    from struct import error, pack

    try:
        wanted = pack("f", value)
    except (error, OverflowError):
        return double_text(value)
    for digits in range(2, 10):
        shortest = float(f"{value:.{digits}g}")
        if abs(shortest) < 3.5e38 and pack("f", shortest) == wanted:
            return _floating(value, repr(shortest))
    return double_text(value)


def _floating(value: float, digits: str) -> str:
    magnitude = abs(value)
    if digits == "nan":
        return "NaN"
    if magnitude == float("inf"):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= magnitude < 1e7:
        return digits
    # Java's scientific notation: one digit, a point, at least one digit, the exponent without a plus. Of the texts with
    # two digits Java takes the nearest, where one digit would do: 4.9E-324.
    nearest = f"{value:.1e}"
    if float(nearest) == value:
        digits = nearest
    mantissa, _, exponent = digits.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0)
    if fraction == "0":
        fraction = ""
    power += len(whole) - 1
    significant = whole + fraction
    leading = len(significant) - len(significant.lstrip("0"))
    power -= leading
    significant = significant[leading:].rstrip("0")
    return f"{'-' if value < 0 else ''}{significant[0]}.{significant[1:] or '0'}E{power}"


def timestamp_text(value: datetime) -> str:
    """``java.sql.Timestamp.toString``: ``2018-03-11 03:00:00.0``."""
    fraction = f"{value.microsecond:06d}".rstrip("0") or "0"
    return f"{value:%Y-%m-%d %H:%M:%S}.{fraction}" if value.year > 999 else f"{value.isoformat(' ')[:19]}.{fraction}"


def local_time_text(value: time | datetime) -> str:
    """``LocalTime.toString``: seconds only when there are any, fractions in groups of three digits."""
    text = f"{value.hour:02d}:{value.minute:02d}"
    if value.second or value.microsecond:
        text += f":{value.second:02d}" + _fraction(value.microsecond * 1000)
    return text


def local_date_time_text(value: datetime) -> str:
    """``LocalDateTime.toString``: ``2018-03-11T03:00``."""
    return f"{value.date().isoformat()}T{local_time_text(value)}"


def instant_text(seconds: int, nanos: int) -> str:
    """``Instant.toString``: ``2018-03-11T03:00:00.250Z``."""
    from datetime import datetime, timedelta

    try:
        moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    except OverflowError:
        return f"Instant<{seconds}, {nanos}>"
    return f"{moment.isoformat()}{_fraction(nanos)}Z"


def _fraction(nanos: int) -> str:
    if nanos == 0:
        return ""
    if nanos % 1_000_000 == 0:
        return f".{nanos // 1_000_000:03d}"
    if nanos % 1_000 == 0:
        return f".{nanos // 1_000:06d}"
    return f".{nanos:09d}"


def object_text(value: Any) -> str:
    """A value whose type is not declared, inside something that is: the Java habits that do not need a type."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    return str(value)
