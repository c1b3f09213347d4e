"""What programs give to assigners and triggers, and what these find in records."""

from __future__ import annotations

from typing import Any

from flott.common.constants import MIN_LONG_VALUE

__all__ = ["event_time", "milliseconds", "two_lengths"]


def milliseconds(length: Any, call: str) -> int:
    """The milliseconds of a ``Time``, or of a ``Duration``.

    :raises TypeError: if it is neither
    """
    if hasattr(length, "to_milliseconds"):
        millis: int = length.to_milliseconds()
        return millis
    if hasattr(length, "_to_millis"):
        millis = length._to_millis()
        return millis
    raise TypeError(f"{call} takes a Time such as Time.seconds(5), not {length!r}")


def two_lengths(length: Any, offset: Any, call: str) -> tuple[int, int]:
    """The milliseconds of a length, and of an offset that may be left out."""
    return milliseconds(length, call), 0 if offset is None else milliseconds(offset, call)


def event_time(timestamp: int | None, assigner: object) -> int:
    """The timestamp of a record.

    :raises ValueError: if it has none
    """
    if timestamp is None or timestamp <= MIN_LONG_VALUE:
        raise ValueError(
            f"{type(assigner).__name__} needs the event time of each record, and this one has none: call "
            "assign_timestamps_and_watermarks(...) with a timestamp assigner before, or use windows of processing time"
        )
    return timestamp
