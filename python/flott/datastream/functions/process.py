"""Process functions: records, timers and state by hand.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/process_function/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from flott._native import counts_as
from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.base import Calls
    from flott.datastream.time_domain import TimeDomain
    from flott.datastream.timerservice import TimerService

__all__ = ["CoProcessFunction", "KeyedCoProcessFunction", "KeyedProcessFunction", "ProcessFunction"]


class _Context(ABC):
    @classmethod
    def __subclasshook__(cls, subclass: type) -> Any:
        return counts_as(cls, subclass, "ProcessContext", __name__)

    @abstractmethod
    def timer_service(self) -> TimerService:
        """The clocks; timers need a keyed stream."""

    @abstractmethod
    def timestamp(self) -> int:
        """The record's event time in milliseconds since 1970-01-01T00:00:00Z.

        -9223372036854775808, the smallest long, if it has none: as in PyFlink, where Java has null.
        """


class _KeyedContext(_Context):
    @abstractmethod
    def get_current_key(self) -> Any:
        """The key of the record or the timer."""


class _OnTimerContext(_KeyedContext):
    @abstractmethod
    def time_domain(self) -> TimeDomain:
        """Whether the timer went by event time or by the machine's clock."""


class ProcessFunction(Function):
    """One record in, any number out, to the main output (``yield value``) or a side output (``yield tag, value``)."""

    _CALLED_WITH: ClassVar[Calls] = {"process_element": ("value", "ctx")}

    class Context(_Context):
        """What ``process_element`` can ask about the record."""

    @abstractmethod
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a record; ``yield`` what comes out, or return a list or None."""


class KeyedProcessFunction(Function):
    """One record of a keyed stream in, any number out, with state and timers of its key::

    class Timeout(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 60_000)
            yield value

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), timestamp
    """

    _CALLED_WITH: ClassVar[Calls] = {"process_element": ("value", "ctx"), "on_timer": ("timestamp", "ctx")}

    class Context(_KeyedContext):
        """What ``process_element`` can ask about the record."""

    class OnTimerContext(Context, _OnTimerContext):
        """What ``on_timer`` can ask about the timer."""

    @abstractmethod
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a record; ``yield`` what comes out, or return a list or None."""

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterable[Any] | None:
        """Called when a timer of ``ctx.get_current_key()`` fires; emits like ``process_element``."""
        return None


class CoProcessFunction(Function):
    """One record in, from either of two streams, any number out."""

    _CALLED_WITH: ClassVar[Calls] = {"process_element1": ("value", "ctx"), "process_element2": ("value", "ctx")}

    class Context(_Context):
        """What the methods can ask about the record."""

    @abstractmethod
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a record of the first stream."""

    @abstractmethod
    def process_element2(self, value: Any, ctx: CoProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a record of the second stream."""


class KeyedCoProcessFunction(Function):
    """One record in, from either of two keyed streams, any number out, with state and timers of its key."""

    _CALLED_WITH: ClassVar[Calls] = {
        "process_element1": ("value", "ctx"),
        "process_element2": ("value", "ctx"),
        "on_timer": ("timestamp", "ctx"),
    }

    class Context(_KeyedContext):
        """What the methods can ask about the record."""

    class OnTimerContext(Context, _OnTimerContext):
        """What ``on_timer`` can ask about the timer."""

    @abstractmethod
    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a record of the first stream."""

    @abstractmethod
    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a record of the second stream."""

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> Iterable[Any] | None:
        """Called when a timer of ``ctx.get_current_key()`` fires; emits like the other methods."""
        return None
