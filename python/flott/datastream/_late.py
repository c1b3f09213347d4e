"""Records that come too late for an operator written in Python: counted, and the last one remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott.datastream.functions.context import RuntimeContext

__all__ = ["LateRecords"]


class LateRecords:
    """The late records of one operator, as ``JobClient.explain_windows()`` tells of them."""

    def __init__(self, runtime_context: RuntimeContext) -> None:
        self._metrics: Any = runtime_context.get_metrics_group()
        self._dropped = self._metrics.counter("numLateRecordsDropped")
        self._to_side: Any = None

    def note(self, record: Any, timestamp: int, watermark: int, dropped: bool) -> None:
        """A record has come when event time was at ``watermark`` already (both in ms).

        :param dropped: whether it is lost; otherwise it goes to a side output
        """
        self._metrics._note_late(record, timestamp, watermark)
        if dropped:
            self._dropped.inc()
            return
        if self._to_side is None:
            self._to_side = self._metrics.counter("numLateRecordsToSideOutput")
        self._to_side.inc()
