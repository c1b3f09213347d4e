"""Functions over the records of a window.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#window-functions
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from flott._native import counts_as
from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.base import Calls
    from flott.datastream.functions.context import KeyedStateStore

__all__ = [
    "AllWindowFunction",
    "PassThroughAllWindowFunction",
    "PassThroughWindowFunction",
    "ProcessAllWindowFunction",
    "ProcessWindowFunction",
    "WindowFunction",
]

IN = TypeVar("IN")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")
W = TypeVar("W")
W2 = TypeVar("W2")


class WindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """The records of a window of one key in, any number out."""

    _CALLED_WITH: ClassVar[Calls] = {"apply": ("key", "window", "inputs")}

    @abstractmethod
    def apply(self, key: KEY, window: W, inputs: Iterable[IN]) -> Iterable[OUT]:
        """What comes out of a window; ``yield`` each, or return a list."""


class AllWindowFunction(Function, Generic[IN, OUT, W]):
    """The records of a window of a stream without keys in, any number out."""

    _CALLED_WITH: ClassVar[Calls] = {"apply": ("window", "inputs")}

    @abstractmethod
    def apply(self, window: W, inputs: Iterable[IN]) -> Iterable[OUT]:
        """What comes out of a window; ``yield`` each, or return a list."""


class ProcessWindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Like :class:`WindowFunction`, with a context that knows the time and holds state::

    class Count(ProcessWindowFunction):
        def process(self, key, context, elements):
            yield key, context.window().start, len(list(elements))
    """

    _CALLED_WITH: ClassVar[Calls] = {"process": ("key", "context", "elements"), "clear": ("context",)}

    class Context(ABC, Generic[W2]):
        """What the methods can ask about the window. Times are milliseconds since 1970-01-01T00:00:00Z."""

        @classmethod
        def __subclasshook__(cls, subclass: type) -> Any:
            return counts_as(cls, subclass, "WindowContext", __name__)

        @abstractmethod
        def window(self) -> W2:
            """The window."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """The time by the machine's clock."""

        @abstractmethod
        def current_watermark(self) -> int:
            """The event time up to which all records have come."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this key and this window; clear it in ``clear``."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State of this key."""

    @abstractmethod
    def process(self, key: KEY, context: ProcessWindowFunction.Context[W], elements: Iterable[IN]) -> Iterable[OUT]:
        """What comes out of a window; ``yield`` each, or return a list."""

    def clear(self, context: ProcessWindowFunction.Context[W]) -> None:
        """Called when the window is over: the place to clear ``context.window_state()``."""


class ProcessAllWindowFunction(Function, Generic[IN, OUT, W]):
    """Like :class:`AllWindowFunction`, with a context that holds state."""

    _CALLED_WITH: ClassVar[Calls] = {"process": ("context", "elements"), "clear": ("context",)}

    class Context(ABC, Generic[W2]):
        """What the methods can ask about the window."""

        @classmethod
        def __subclasshook__(cls, subclass: type) -> Any:
            return counts_as(cls, subclass, "WindowContext", __name__)

        @abstractmethod
        def window(self) -> W2:
            """The window."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this window; clear it in ``clear``."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State of all windows."""

    @abstractmethod
    def process(self, context: ProcessAllWindowFunction.Context[W], elements: Iterable[IN]) -> Iterable[OUT]:
        """What comes out of a window; ``yield`` each, or return a list."""

    def clear(self, context: ProcessAllWindowFunction.Context[W]) -> None:
        """Called when the window is over: the place to clear ``context.window_state()``."""


class PassThroughWindowFunction(WindowFunction[IN, IN, KEY, W]):
    """Lets the records of a window out as they are."""

    def apply(self, key: KEY, window: W, inputs: Iterable[IN]) -> Iterable[IN]:
        return inputs


class PassThroughAllWindowFunction(AllWindowFunction[IN, IN, W]):
    """Lets the records of a window out as they are."""

    def apply(self, window: W, inputs: Iterable[IN]) -> Iterable[IN]:
        return inputs
