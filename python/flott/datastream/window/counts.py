"""Windows of a number of records."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from flott.common.typeinfo import Types
from flott.datastream.state import ValueStateDescriptor
from flott.datastream.window.base import WindowAssigner
from flott.datastream.window.triggers import CountTrigger
from flott.datastream.window.windows import CountWindow, CountWindowSerializer

if TYPE_CHECKING:
    from collections.abc import Collection

    from flott.common.serializer import TypeSerializer
    from flott.datastream.window.base import Trigger

__all__ = ["CountSlidingWindowAssigner", "CountTumblingWindowAssigner"]

T = TypeVar("T")


class _Counting(WindowAssigner[T, CountWindow]):
    """What both share: the state of each key says how many of its records have come."""

    _window_size: int
    _count_descriptor: ValueStateDescriptor

    @abstractmethod
    def _of_record(self, number: int) -> list[CountWindow]:
        """The windows of a key's record of that number, from 0."""

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        state = context.get_runtime_context().get_state(self._count_descriptor)
        number = state.value() or 0
        state.update(number + 1)
        return self._of_record(number)

    def get_default_trigger(self, env: Any) -> Trigger[T, CountWindow]:
        return CountTrigger(self._window_size)

    def get_window_serializer(self) -> TypeSerializer[CountWindow]:
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        return False


class CountTumblingWindowAssigner(_Counting[T]):
    """Windows of a number of records, one after the other; what ``count_window(5)`` uses."""

    def __init__(self, window_size: int) -> None:
        """:raises ValueError: if it is less than 1"""
        self._window_size = _at_least_one(window_size, "the size of a window")
        self._count_descriptor = ValueStateDescriptor("tumble-count-assigner", Types.LONG())

    @staticmethod
    def of(window_size: int) -> CountTumblingWindowAssigner[Any]:
        """Windows of that many records."""
        return CountTumblingWindowAssigner(window_size)

    def __repr__(self) -> str:
        return f"CountTumblingWindowAssigner({self._window_size})"

    def _of_record(self, number: int) -> list[CountWindow]:
        return [CountWindow(number // self._window_size)]


class CountSlidingWindowAssigner(_Counting[T]):
    """Windows of a number of records, a new one each ``window_slide`` records; what ``count_window(5, 2)`` uses."""

    def __init__(self, window_size: int, window_slide: int) -> None:
        """:raises ValueError: if one is less than 1"""
        self._window_size = _at_least_one(window_size, "the size of a window")
        self._window_slide = _at_least_one(window_slide, "the slide of windows")
        self._count_descriptor = ValueStateDescriptor("slide-count-assigner", Types.LONG())

    @staticmethod
    def of(window_size: int, window_slide: int) -> CountSlidingWindowAssigner[Any]:
        """Windows of that many records, a new one each ``window_slide``."""
        return CountSlidingWindowAssigner(window_size, window_slide)

    def __repr__(self) -> str:
        return f"CountSlidingWindowAssigner({self._window_size}, {self._window_slide})"

    def _of_record(self, number: int) -> list[CountWindow]:
        # window n has the records from n * slide on
        last = number // self._window_slide
        first = max(0, (number - self._window_size) // self._window_slide + 1)
        return [CountWindow(id) for id in range(last, first - 1, -1)]


def _at_least_one(number: int, what: str) -> int:
    if number < 1:
        raise ValueError(f"{what} is at least 1 record, not {number}")
    return number
