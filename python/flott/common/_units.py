"""Durations and memory sizes as Flink's configuration writes them: ``10 s``, ``5 min``, ``20 kb``."""

from __future__ import annotations

_DURATION_UNITS = {
    "ns": 1e-6, "nano": 1e-6, "nanos": 1e-6, "nanosecond": 1e-6, "nanoseconds": 1e-6,
    "us": 1e-3, "µs": 1e-3, "micro": 1e-3, "micros": 1e-3, "microsecond": 1e-3, "microseconds": 1e-3,
    "": 1, "ms": 1, "milli": 1, "millis": 1, "millisecond": 1, "milliseconds": 1,
    "s": 1000, "sec": 1000, "secs": 1000, "second": 1000, "seconds": 1000,
    "m": 60_000, "min": 60_000, "mins": 60_000, "minute": 60_000, "minutes": 60_000,
    "h": 3_600_000, "hour": 3_600_000, "hours": 3_600_000,
    "d": 86_400_000, "day": 86_400_000, "days": 86_400_000,
}  # fmt: skip

_MEMORY_UNITS = {
    "": 1, "b": 1, "bytes": 1,
    "k": 1 << 10, "kb": 1 << 10, "kibibytes": 1 << 10,
    "m": 1 << 20, "mb": 1 << 20, "mebibytes": 1 << 20,
    "g": 1 << 30, "gb": 1 << 30, "gibibytes": 1 << 30,
    "t": 1 << 40, "tb": 1 << 40, "tebibytes": 1 << 40,
}  # fmt: skip


def _split(text: str) -> tuple[int, str] | None:
    text = text.strip()
    digits = 0
    while digits < len(text) and text[digits] in "0123456789":
        digits += 1
    return (int(text[:digits]), text[digits:].strip().lower()) if digits else None


def parse_duration_ms(text: str, key: str = "the duration") -> int:
    """Milliseconds of ``10 s``, ``5 min``, ``250`` (a bare number is milliseconds) or Java's ``PT10S``.

    :raises ValueError: naming ``key``
    """
    if text.strip()[:1] in ("P", "p"):
        millis = _parse_iso(text.strip().upper())
        if millis is not None:
            return millis
    parts = _split(text)
    if parts is None or parts[1] not in _DURATION_UNITS:
        raise ValueError(
            f"{key}: '{text}' is not a duration; write a number and a unit: ms, s, min, h or d, as in '10 s'"
        )
    return int(parts[0] * _DURATION_UNITS[parts[1]])


def _parse_iso(text: str) -> int | None:
    """Milliseconds of a duration like ``P1DT2H3M4.5S``."""
    days, _, rest = text[1:].partition("T")
    millis = 0.0
    for part, units in ((days, {"D": 86_400_000}), (rest, {"H": 3_600_000, "M": 60_000, "S": 1000})):
        number = ""
        for char in part:
            if char in units:
                try:
                    millis += float(number) * units[char]
                except ValueError:
                    return None
                number = ""
            else:
                number += char
        if number:
            return None
    return round(millis)


def parse_memory_bytes(text: str, key: str) -> int:
    """Bytes of ``20 kb``, ``128 mb`` or ``1024`` (a bare number is bytes).

    :raises ValueError: naming ``key``
    """
    parts = _split(text)
    if parts is None or parts[1] not in _MEMORY_UNITS:
        raise ValueError(
            f"{key}: '{text}' is not a size; write a number and a unit: b, kb, mb, gb or tb, as in '20 kb'"
        )
    return parts[0] * _MEMORY_UNITS[parts[1]]


def format_memory(size: int) -> str:
    """The size in the largest unit that divides it: ``10 mb``, ``1025 bytes``."""
    for shift, unit in ((40, "tb"), (30, "gb"), (20, "mb"), (10, "kb")):
        if size and size % (1 << shift) == 0:
            return f"{size >> shift} {unit}"
    return f"{size} bytes"


def format_iso_duration(nanos: int) -> str:
    """The duration as Java's ``Duration.toString`` shows it: ``PT10S``, ``PT1H30M``, ``PT0.25S``."""
    if nanos == 0:
        return "PT0S"
    sign = "-" if nanos < 0 else ""
    seconds, rest = divmod(abs(nanos), 1_000_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = "PT"
    if hours:
        text += f"{sign}{hours}H"
    if minutes:
        text += f"{sign}{minutes}M"
    if rest:
        text += f"{sign}{seconds}.{f'{rest:09d}'.rstrip('0')}S"
    elif seconds:
        text += f"{sign}{seconds}S"
    return text
