"""Functions of a stream and a broadcast stream.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/broadcast_state/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from flott._native import counts_as
from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.base import Calls
    from flott.datastream.state import BroadcastState, MapStateDescriptor, ReadOnlyBroadcastState
    from flott.datastream.time_domain import TimeDomain
    from flott.datastream.timerservice import TimerService

__all__ = ["BaseBroadcastProcessFunction", "BroadcastProcessFunction", "KeyedBroadcastProcessFunction"]

IN1 = TypeVar("IN1")
IN2 = TypeVar("IN2")
KEY = TypeVar("KEY")
KEY2 = TypeVar("KEY2")
OUT = TypeVar("OUT")


class BaseBroadcastProcessFunction(Function):
    """What both functions of a broadcast stream share."""

    _CALLED_WITH: ClassVar[Calls] = {"process_element": ("value", "ctx"), "process_broadcast_element": ("value", "ctx")}

    class BaseContext(ABC):
        """What the methods can ask about the record. Times are milliseconds since 1970-01-01T00:00:00Z."""

        @classmethod
        def __subclasshook__(cls, subclass: type) -> Any:
            return counts_as(cls, subclass, "ProcessContext", __name__)

        @abstractmethod
        def timestamp(self) -> int:
            """The record's event time; -9223372036854775808, the smallest long, if it has none."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """The time by the machine's clock."""

        @abstractmethod
        def current_watermark(self) -> int:
            """The event time up to which all records have come."""

    class Context(BaseContext):
        """For the broadcast side, which may change the state."""

        @abstractmethod
        def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
            """The broadcast state of that descriptor."""

    class ReadOnlyContext(BaseContext):
        """For the other side, which may only read it."""

        @abstractmethod
        def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> ReadOnlyBroadcastState[Any, Any]:
            """The broadcast state of that descriptor."""


class BroadcastProcessFunction(BaseBroadcastProcessFunction, Generic[IN1, IN2, OUT]):
    """Joins a stream without keys with a broadcast stream."""

    class Context(BaseBroadcastProcessFunction.Context, ABC):
        """For the broadcast side, which may change the state."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext, ABC):
        """For the other side, which may only read it."""

    @abstractmethod
    def process_element(self, value: IN1, ctx: ReadOnlyContext) -> Iterable[Any] | None:
        """Takes a record of the stream; ``yield`` what comes out."""

    @abstractmethod
    def process_broadcast_element(self, value: IN2, ctx: Context) -> Iterable[Any] | None:
        """Takes a record of the broadcast stream. All subtasks get it and must do the same to the state."""


class KeyedBroadcastProcessFunction(BaseBroadcastProcessFunction, Generic[KEY, IN1, IN2, OUT]):
    """Joins a keyed stream with a broadcast stream."""

    _CALLED_WITH: ClassVar[Calls] = {**BaseBroadcastProcessFunction._CALLED_WITH, "on_timer": ("timestamp", "ctx")}

    class Context(BaseBroadcastProcessFunction.Context, ABC):
        """For the broadcast side, which may change the state."""

    class ReadOnlyContext(BaseBroadcastProcessFunction.ReadOnlyContext, ABC, Generic[KEY2]):
        """For the other side, which may only read it."""

        @abstractmethod
        def timer_service(self) -> TimerService:
            """The clocks, and the timers of the current key."""

        @abstractmethod
        def get_current_key(self) -> KEY2:
            """The key of the record."""

    class OnTimerContext(ReadOnlyContext[KEY2], ABC):
        """What ``on_timer`` can ask about the timer."""

        @abstractmethod
        def time_domain(self) -> TimeDomain:
            """Whether the timer went by event time or by the machine's clock."""

        @abstractmethod
        def get_current_key(self) -> KEY2:
            """The key of the timer."""

    @abstractmethod
    def process_element(self, value: IN1, ctx: ReadOnlyContext[KEY]) -> Iterable[Any] | None:
        """Takes a record of the keyed stream; ``yield`` what comes out."""

    @abstractmethod
    def process_broadcast_element(self, value: IN2, ctx: Context) -> Iterable[Any] | None:
        """Takes a record of the broadcast stream. All subtasks get it and must do the same to the state."""

    def on_timer(self, timestamp: int, ctx: OnTimerContext[KEY]) -> Iterable[Any] | None:
        """Called when a timer of ``ctx.get_current_key()`` fires; emits like ``process_element``."""
        return None
