"""Sessions: windows that last as long as the next record comes within a gap."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from flott.datastream.window._arguments import milliseconds
from flott.datastream.window.base import MergingWindowAssigner
from flott.datastream.window.triggers import EventTimeTrigger, ProcessingTimeTrigger
from flott.datastream.window.windows import TimeWindow, TimeWindowSerializer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flott.common.serializer import TypeSerializer
    from flott.common.time import Time
    from flott.datastream.window.base import SessionWindowTimeGapExtractor, Trigger, WindowAssigner

__all__ = [
    "DynamicEventTimeSessionWindows",
    "DynamicProcessingTimeSessionWindows",
    "EventTimeSessionWindows",
    "ProcessingTimeSessionWindows",
]

T = TypeVar("T")


class _Sessions(MergingWindowAssigner[T, TimeWindow]):
    """What all sessions share: each record begins one, and those that overlap become one."""

    @abstractmethod
    def _gap_after(self, element: T) -> int:
        """How long the session waits for the next record, in milliseconds."""

    def merge_windows(
        self, windows: Iterable[TimeWindow], callback: MergingWindowAssigner.MergeCallback[TimeWindow]
    ) -> None:
        TimeWindow.merge_windows(windows, callback)

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()


class _InEventTime(_Sessions[T]):
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return [TimeWindow(timestamp, timestamp + self._gap_after(element))]

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class _InProcessingTime(_Sessions[T]):
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        time = context.get_current_processing_time()
        return [TimeWindow(time, time + self._gap_after(element))]

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class _OneGap(_Sessions[T]):
    def __init__(self, session_gap: int) -> None:
        """:raises ValueError: unless the gap, in milliseconds, is more than 0"""
        if session_gap <= 0:
            raise ValueError(f"{type(self).__name__} parameters must satisfy 0 < size, not {session_gap}")
        self._session_gap = session_gap

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session_gap})"

    def _gap_after(self, element: T) -> int:
        return self._session_gap


class _DynamicGap(_Sessions[T]):
    def __init__(self, session_window_time_gap_extractor: SessionWindowTimeGapExtractor) -> None:
        self._session_window_time_gap_extractor = session_window_time_gap_extractor

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session_window_time_gap_extractor!r})"

    def _gap_after(self, element: T) -> int:
        gap = self._session_window_time_gap_extractor.extract(element)
        if gap <= 0:
            raise ValueError(f"Dynamic session time gap must satisfy 0 < gap, not {gap}")
        return gap


class EventTimeSessionWindows(_OneGap[T], _InEventTime[T]):
    """Sessions by the records' event time::

    stream.key_by(...).window(EventTimeSessionWindows.with_gap(Time.minutes(30)))
    """

    @staticmethod
    def with_gap(size: Time) -> EventTimeSessionWindows[Any]:
        """Sessions that end when no record comes for that long."""
        return EventTimeSessionWindows(milliseconds(size, "EventTimeSessionWindows.with_gap()"))

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> DynamicEventTimeSessionWindows[Any]:
        """Sessions with a gap that depends on the record."""
        return DynamicEventTimeSessionWindows(extractor)


class ProcessingTimeSessionWindows(_OneGap[T], _InProcessingTime[T]):
    """Sessions by the machine's clock::

    stream.key_by(...).window(ProcessingTimeSessionWindows.with_gap(Time.minutes(30)))
    """

    @staticmethod
    def with_gap(size: Time) -> ProcessingTimeSessionWindows[Any]:
        """Sessions that end when no record comes for that long."""
        return ProcessingTimeSessionWindows(milliseconds(size, "ProcessingTimeSessionWindows.with_gap()"))

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> DynamicProcessingTimeSessionWindows[Any]:
        """Sessions with a gap that depends on the record."""
        return DynamicProcessingTimeSessionWindows(extractor)


class DynamicEventTimeSessionWindows(_DynamicGap[T], _InEventTime[T]):
    """Sessions by the records' event time, with a gap that depends on the record."""

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> DynamicEventTimeSessionWindows[Any]:
        """Sessions with the gap that ``extractor`` says."""
        return DynamicEventTimeSessionWindows(extractor)


class DynamicProcessingTimeSessionWindows(_DynamicGap[T], _InProcessingTime[T]):
    """Sessions by the machine's clock, with a gap that depends on the record."""

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> DynamicProcessingTimeSessionWindows[Any]:
        """Sessions with the gap that ``extractor`` says."""
        return DynamicProcessingTimeSessionWindows(extractor)
