"""Windows of a fixed length, and the one window that has everything."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from flott.datastream.window._arguments import event_time, milliseconds, two_lengths
from flott.datastream.window.base import WindowAssigner
from flott.datastream.window.triggers import EventTimeTrigger, NeverTrigger, ProcessingTimeTrigger
from flott.datastream.window.windows import GlobalWindow, GlobalWindowSerializer, TimeWindow, TimeWindowSerializer

if TYPE_CHECKING:
    from collections.abc import Collection

    from flott.common.serializer import TypeSerializer
    from flott.common.time import Time
    from flott.datastream.window.base import Trigger

__all__ = [
    "GlobalWindows",
    "SlidingEventTimeWindows",
    "SlidingProcessingTimeWindows",
    "TumblingEventTimeWindows",
    "TumblingProcessingTimeWindows",
]

T = TypeVar("T")


class _TimeWindows(WindowAssigner[T, TimeWindow]):
    """What assigners of windows of a fixed length share."""

    @abstractmethod
    def _at(self, time: int) -> list[TimeWindow]:
        """The windows that ``time`` lies in."""

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()


class _InEventTime(_TimeWindows[T]):
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return self._at(event_time(timestamp, self))

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class _InProcessingTime(_TimeWindows[T]):
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return self._at(context.get_current_processing_time())

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class _Tumbling(_TimeWindows[T]):
    def __init__(self, size: int, offset: int) -> None:
        """:raises ValueError: unless ``abs(offset) < size``; both in milliseconds"""
        if abs(offset) >= size:
            raise ValueError(f"{type(self).__name__} parameters must satisfy abs(offset) < size, not {offset}, {size}")
        self._size = size
        self._offset = offset

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._size}, {self._offset})"

    def _at(self, time: int) -> list[TimeWindow]:
        start = TimeWindow.get_window_start_with_offset(time, self._offset, self._size)
        return [TimeWindow(start, start + self._size)]


class _Sliding(_TimeWindows[T]):
    def __init__(self, size: int, slide: int, offset: int) -> None:
        """:raises ValueError: unless ``abs(offset) < slide`` and ``size > 0``; all in milliseconds"""
        if abs(offset) >= slide or size <= 0:
            raise ValueError(
                f"{type(self).__name__} parameters must satisfy abs(offset) < slide and size > 0, "
                f"not {offset}, {slide}, {size}"
            )
        self._size = size
        self._slide = slide
        self._offset = offset

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._size}, {self._slide}, {self._offset})"

    def _at(self, time: int) -> list[TimeWindow]:
        last = TimeWindow.get_window_start_with_offset(time, self._offset, self._slide)
        return [TimeWindow(start, start + self._size) for start in range(last, time - self._size, -self._slide)]


class TumblingEventTimeWindows(_Tumbling[T], _InEventTime[T]):
    """Windows of one length, one after the other, by the records' event time::

    stream.key_by(...).window(TumblingEventTimeWindows.of(Time.minutes(1)))
    """

    @staticmethod
    def of(size: Time, offset: Time | None = None) -> TumblingEventTimeWindows[Any]:
        """Windows of that size.

        :param offset: where windows begin: days of China, which is at UTC+8, are ``of(Time.days(1), Time.hours(-8))``
        """
        return TumblingEventTimeWindows(*two_lengths(size, offset, "TumblingEventTimeWindows.of()"))


class TumblingProcessingTimeWindows(_Tumbling[T], _InProcessingTime[T]):
    """Windows of one length, one after the other, by the machine's clock::

    stream.key_by(...).window(TumblingProcessingTimeWindows.of(Time.seconds(10)))
    """

    @staticmethod
    def of(size: Time, offset: Time | None = None) -> TumblingProcessingTimeWindows[Any]:
        """Windows of that size.

        :param offset: where windows begin: days of China, which is at UTC+8, are ``of(Time.days(1), Time.hours(-8))``
        """
        return TumblingProcessingTimeWindows(*two_lengths(size, offset, "TumblingProcessingTimeWindows.of()"))


class SlidingEventTimeWindows(_Sliding[T], _InEventTime[T]):
    """Windows of one length that begin in equal distances and may overlap, by the records' event time::

    stream.key_by(...).window(SlidingEventTimeWindows.of(Time.minutes(1), Time.seconds(10)))
    """

    @staticmethod
    def of(size: Time, slide: Time, offset: Time | None = None) -> SlidingEventTimeWindows[Any]:
        """Windows of ``size``, one each ``slide``.

        :param offset: where windows begin
        """
        call = "SlidingEventTimeWindows.of()"
        return SlidingEventTimeWindows(milliseconds(size, call), *two_lengths(slide, offset, call))


class SlidingProcessingTimeWindows(_Sliding[T], _InProcessingTime[T]):
    """Windows of one length that begin in equal distances and may overlap, by the machine's clock::

    stream.key_by(...).window(SlidingProcessingTimeWindows.of(Time.minutes(1), Time.seconds(10)))
    """

    @staticmethod
    def of(size: Time, slide: Time, offset: Time | None = None) -> SlidingProcessingTimeWindows[Any]:
        """Windows of ``size``, one each ``slide``.

        :param offset: where windows begin
        """
        call = "SlidingProcessingTimeWindows.of()"
        return SlidingProcessingTimeWindows(milliseconds(size, call), *two_lengths(slide, offset, call))


class GlobalWindows(WindowAssigner[T, GlobalWindow]):
    """All records of a key in one window. It never fires by itself: set a trigger."""

    @staticmethod
    def create() -> GlobalWindows[Any]:
        """The assigner."""
        return GlobalWindows()

    def __repr__(self) -> str:
        return "GlobalWindows()"

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[GlobalWindow]:
        return [GlobalWindow.get()]

    def get_default_trigger(self, env: Any) -> Trigger[T, GlobalWindow]:
        return NeverTrigger()

    def get_window_serializer(self) -> TypeSerializer[GlobalWindow]:
        return GlobalWindowSerializer()

    def is_event_time(self) -> bool:
        return False
