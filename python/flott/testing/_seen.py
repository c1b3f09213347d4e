"""What a test sees of a running job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flott.datastream.time_domain import TimeDomain

__all__ = ["Outputs", "StreamRecord", "Timer", "Watermark"]


class StreamRecord(NamedTuple):
    """A record with its event time in milliseconds, None where it has none."""

    value: Any
    timestamp: int | None = None


class Watermark(NamedTuple):
    """Event time has reached ``timestamp``, in milliseconds."""

    timestamp: int


class Timer(NamedTuple):
    """A timer that has not fired yet."""

    key: Any
    #: When it fires, in milliseconds.
    timestamp: int
    #: Whether it goes by event time or by processing time.
    domain: TimeDomain


#: Long before the first: a record without event time.
_NO_TIMESTAMP = -(2**63)

#: An output of an operator: its node, and the id of a side output or None.
Output = tuple[int, "str | None"]


class Outputs:
    """What operators have emitted, in the order in which they did."""

    def __init__(self) -> None:
        self._count = 0
        self._records: dict[Output, list[tuple[int, StreamRecord | Watermark]]] = {}
        self._watermarks: dict[int, dict[int, int]] = {}

    def add(self, emitted: Iterable[tuple[int, int, str | None, list[Any] | None, Any]]) -> None:
        """Adds what ``Simulation.emitted()`` returns."""
        for node, subtask, tag, values, times in emitted:
            seen = self._records.setdefault((node, tag), [])
            if values is None:
                self._watermarks.setdefault(node, {})[subtask] = times
                self._count += 1
                seen.append((self._count, Watermark(times)))
                continue
            for index, value in enumerate(values):
                time = None if times is None or times[index] == _NO_TIMESTAMP else times[index]
                self._count += 1
                seen.append((self._count, StreamRecord(value, time)))

    def of(self, outputs: Iterable[Output], wanted: Callable[[object], bool]) -> list[Any]:
        """The records and watermarks of some outputs, those that are wanted."""
        found = [pair for output in outputs for pair in self._records.get(output, ()) if wanted(pair[1])]
        return [seen for _, seen in sorted(found, key=lambda pair: pair[0])]

    def forget(self, outputs: Iterable[Output]) -> None:
        """Takes what is there out."""
        for output in outputs:
            self._records.pop(output, None)

    def watermark(self, nodes: Iterable[int], subtasks: Callable[[int], int]) -> int | None:
        """The least watermark over all subtasks of the nodes; None while one has none."""
        least: list[int] = []
        for node in nodes:
            known = self._watermarks.get(node, {})
            if len(known) < subtasks(node):
                return None
            least.extend(known.values())
        return min(least, default=None)
