"""Windows themselves, and how they become bytes."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from flott.common.constants import MAX_LONG_VALUE
from flott.common.serializer import TypeSerializer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import BytesIO

    from flott.datastream.window.base import MergingWindowAssigner

__all__ = [
    "CountWindow",
    "CountWindowSerializer",
    "GlobalWindow",
    "GlobalWindowSerializer",
    "TimeWindow",
    "TimeWindowSerializer",
    "Window",
    "long_to_int_with_bit_mixing",
    "mod_inverse",
]

_LONG = struct.Struct(">q")
_TWO_LONGS = struct.Struct(">qq")
_MASK = (1 << 64) - 1


def long_to_int_with_bit_mixing(x: int) -> int:
    """A hash of a 64 bit number: each bit of it depends on each of the number's."""
    x &= _MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & _MASK
    return x ^ (x >> 31)


def mod_inverse(x: int) -> int:
    """The number that gives 1 when it is multiplied by ``x``, an odd number, modulo 2**64."""
    return pow(x, -1, 1 << 64)


class Window(ABC):
    """A finite part of a stream. Windows that are equal are one: give your own class ``__eq__`` and ``__hash__``."""

    @abstractmethod
    def max_timestamp(self) -> int:
        """The last millisecond that belongs to it."""


class TimeWindow(Window):
    """The time from ``start``, which belongs to it, to ``end``, which does not; in milliseconds."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def max_timestamp(self) -> int:
        return self.end - 1

    def intersects(self, other: TimeWindow) -> bool:
        """Whether the two overlap, or one begins where the other ends."""
        return self.start <= other.end and self.end >= other.start

    def cover(self, other: TimeWindow) -> TimeWindow:
        """The smallest window that has all of both."""
        return TimeWindow(min(self.start, other.start), max(self.end, other.end))

    @staticmethod
    def get_window_start_with_offset(timestamp: int, offset: int, window_size: int) -> int:
        """The start of the window that ``timestamp`` lies in.

        :param offset: where windows begin, counted from 1970-01-01T00:00:00Z
        :param window_size: the distance between the starts of two windows
        """
        return timestamp - (timestamp - offset) % window_size

    @staticmethod
    def merge_windows(windows: Iterable[TimeWindow], callback: MergingWindowAssigner.MergeCallback[TimeWindow]) -> None:
        """Tells ``callback`` which of the windows overlap, and what becomes of them."""
        groups: list[tuple[TimeWindow, set[TimeWindow]]] = []
        for window in sorted(windows):
            if groups and groups[-1][0].intersects(window):
                merged, members = groups[-1]
                members.add(window)
                groups[-1] = merged.cover(window), members
            else:
                groups.append((window, {window}))
        for merged, members in groups:
            if len(members) > 1:
                callback.merge(members, merged)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and (self.start, self.end) == (other.start, other.end)

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __lt__(self, other: TimeWindow) -> bool:
        if not isinstance(other, TimeWindow):
            return NotImplemented
        return (self.start, self.end) < (other.start, other.end)

    def __le__(self, other: TimeWindow) -> bool:
        if not isinstance(other, TimeWindow):
            return NotImplemented
        return (self.start, self.end) <= (other.start, other.end)

    def __repr__(self) -> str:
        return f"TimeWindow(start={self.start}, end={self.end})"


class CountWindow(Window):
    """A window of a number of records; they are told apart by ``id``."""

    def __init__(self, id: int) -> None:
        self.id = id

    def max_timestamp(self) -> int:
        """Without end: no time closes the window."""
        return MAX_LONG_VALUE

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.id == other.id

    def __hash__(self) -> int:
        return long_to_int_with_bit_mixing(self.id)

    def __repr__(self) -> str:
        return f"CountWindow(id={self.id})"


class GlobalWindow(Window):
    """The one window that has everything. All of them are equal."""

    @staticmethod
    def get() -> GlobalWindow:
        """The window."""
        return GlobalWindow()

    def max_timestamp(self) -> int:
        """Without end: no time closes the window."""
        return MAX_LONG_VALUE

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "GlobalWindow"


class TimeWindowSerializer(TypeSerializer[TimeWindow]):
    """A :class:`TimeWindow` as 16 bytes: its start and its end."""

    def serialize(self, element: TimeWindow, stream: BytesIO) -> None:
        stream.write(_TWO_LONGS.pack(element.start, element.end))

    def deserialize(self, stream: BytesIO) -> TimeWindow:
        return TimeWindow(*_TWO_LONGS.unpack(stream.read(16)))


class CountWindowSerializer(TypeSerializer[CountWindow]):
    """A :class:`CountWindow` as 8 bytes."""

    def serialize(self, element: CountWindow, stream: BytesIO) -> None:
        stream.write(_LONG.pack(element.id))

    def deserialize(self, stream: BytesIO) -> CountWindow:
        return CountWindow(*_LONG.unpack(stream.read(8)))


class GlobalWindowSerializer(TypeSerializer[GlobalWindow]):
    """A :class:`GlobalWindow` as one byte."""

    def serialize(self, element: GlobalWindow, stream: BytesIO) -> None:
        stream.write(b"\0")

    def deserialize(self, stream: BytesIO) -> GlobalWindow:
        stream.read(1)
        return GlobalWindow()
