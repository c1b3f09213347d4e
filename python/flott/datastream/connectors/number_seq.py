"""Numbers one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott.datastream.connectors.base import Source, whole_number

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation

__all__ = ["NumberSequenceSource"]


class NumberSequenceSource(Source):
    """The whole numbers from ``start`` to ``end``, both included; a bounded source for tests and examples::

        env.from_source(NumberSequenceSource(1, 1000), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())

    With a parallelism above 1, each subtask gets a share and the order is lost between them.
    """

    def __init__(self, start: int, end: int) -> None:
        """:raises ValueError: if ``start`` is larger than ``end``, or one does not fit 64 bits"""
        self._start = whole_number(start, "NumberSequenceSource: start", -(1 << 63))
        self._end = whole_number(end, "NumberSequenceSource: end", -(1 << 63))
        if start > end:
            raise ValueError(f"NumberSequenceSource: 'start' must be <= 'end', got {start} and {end}")
        if end >= 1 << 63:
            raise ValueError(f"NumberSequenceSource: 'end' must fit 64 bits, got {end}")

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        from flott.common.typeinfo import Types

        return "number-sequence", {"from": str(self._start), "to": str(self._end)}, Types.LONG()

    def __repr__(self) -> str:
        return f"NumberSequenceSource({self._start}, {self._end})"
