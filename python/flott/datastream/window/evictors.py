"""What takes records out of a window before or after its function has seen them. Flink has evictors in Java only.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#evictors
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flott._native import counts_as
from flott.datastream.window._arguments import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott._flott import TimestampedValue
    from flott.common.time import Duration, Time
    from flott.metrics import MetricGroup

__all__ = ["CountEvictor", "DeltaEvictor", "Evictor", "TimeEvictor"]

T = TypeVar("T")
W = TypeVar("W")


class Evictor(ABC, Generic[T, W]):
    """Takes records out of a window when it fires.

    ``elements`` is a list with the window's records in the order in which they came, each with ``get_value()``,
    ``has_timestamp()`` and ``get_timestamp()``. What an evictor removes from the list is gone for good. ::

        class WithoutTests(Evictor):
            def evict_before(self, elements, size, window, ctx):
                elements[:] = [element for element in elements if not element.get_value()["test"]]

            def evict_after(self, elements, size, window, ctx):
                pass
    """

    class EvictorContext(ABC):
        """The clocks and the metrics of the operator."""

        @classmethod
        def __subclasshook__(cls, subclass: type) -> Any:
            return counts_as(cls, subclass, "EvictorContext", __name__)

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The time by the machine's clock, in milliseconds."""

        @abstractmethod
        def get_metric_group(self) -> MetricGroup:
            """The metrics of the operator."""

        @abstractmethod
        def get_current_watermark(self) -> int:
            """The event time up to which all records have come, in milliseconds."""

    @abstractmethod
    def evict_before(self, elements: list[TimestampedValue], size: int, window: W, ctx: Evictor.EvictorContext) -> None:
        """Called when the window has fired, before its function is.

        :param size: how many elements there are
        """

    @abstractmethod
    def evict_after(self, elements: list[TimestampedValue], size: int, window: W, ctx: Evictor.EvictorContext) -> None:
        """Called behind the window's function."""


class _Built(Evictor[T, W]):
    """One that the engine runs itself."""

    def __init__(self, do_evict_after: bool) -> None:
        self._do_evict_after = do_evict_after

    def evict_before(self, elements: list[TimestampedValue], size: int, window: W, ctx: Evictor.EvictorContext) -> None:
        if not self._do_evict_after:
            self._evict(elements)

    def evict_after(self, elements: list[TimestampedValue], size: int, window: W, ctx: Evictor.EvictorContext) -> None:
        if self._do_evict_after:
            self._evict(elements)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        raise NotImplementedError


class CountEvictor(_Built[T, W]):
    """Keeps the last so many records of a window."""

    def __init__(self, max_count: int, do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after)
        if max_count < 0:
            raise ValueError(f"a window keeps at least 0 records, not {max_count}")
        self._max_count = max_count

    @staticmethod
    def of(max_count: int, do_evict_after: bool = False) -> CountEvictor[Any, Any]:
        """Keeps the last ``max_count`` records.

        :param do_evict_after: whether the others go when the window's function has seen them, and not before
        :raises ValueError: if ``max_count`` is less than 0
        """
        return CountEvictor(max_count, do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        del elements[: max(len(elements) - self._max_count, 0)]


class TimeEvictor(_Built[T, W]):
    """Keeps the records of the last while before the newest, by their timestamps. Without timestamps all stay."""

    def __init__(self, window_size: int, do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after)
        self._window_size = window_size

    @staticmethod
    def of(window_size: Time | Duration, do_evict_after: bool = False) -> TimeEvictor[Any, Any]:
        """Keeps what is less than ``window_size`` older than the newest record.

        :param do_evict_after: whether the others go when the window's function has seen them, and not before
        """
        return TimeEvictor(milliseconds(window_size, "TimeEvictor.of()"), do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        if not elements or not elements[0].has_timestamp():
            return
        cutoff = max(element.get_timestamp() for element in elements) - self._window_size
        elements[:] = [element for element in elements if element.get_timestamp() > cutoff]


class DeltaEvictor(_Built[T, W]):
    """Keeps the records that are not too far from the last one, as a function measures it."""

    def __init__(
        self, threshold: float, delta_function: Callable[[T, T], float] | Any, do_evict_after: bool = False
    ) -> None:
        super().__init__(do_evict_after)
        self._delta = getattr(delta_function, "get_delta", delta_function)
        if not callable(self._delta):
            raise TypeError(f"DeltaEvictor.of() takes a function of two records, not {delta_function!r}")
        self._threshold = threshold

    @staticmethod
    def of(
        threshold: float, delta_function: Callable[[T, T], float] | Any, do_evict_after: bool = False
    ) -> DeltaEvictor[T, Any]:
        """Removes the records of which ``delta_function(record, last_record)`` is ``threshold`` or more::

        DeltaEvictor.of(0.5, lambda record, last: abs(last["price"] - record["price"]))

        :param delta_function: a function, or an object with ``get_delta(old_data_point, new_data_point)`` as in Flink
        :param do_evict_after: whether they go when the window's function has seen them, and not before
        :raises TypeError: if it can't be called
        """
        return DeltaEvictor(threshold, delta_function, do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        if not elements:
            return
        last = elements[-1].get_value()
        elements[:] = [element for element in elements if self._delta(element.get_value(), last) < self._threshold]
