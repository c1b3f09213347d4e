"""What is done with matches.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/#selecting-from-patterns
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.base import Calls
    from flott.datastream.output_tag import OutputTag

__all__ = [
    "PatternFlatSelectFunction",
    "PatternFlatTimeoutFunction",
    "PatternProcessFunction",
    "PatternSelectFunction",
    "PatternTimeoutFunction",
    "TimedOutPartialMatchHandler",
]


class PatternProcessFunction(Function):
    """A match in, any number of results out, to the main output (``yield value``) or a side output
    (``yield tag, value``)::

        class Alert(PatternProcessFunction):
            def process_match(self, match, ctx):
                yield match["start"][0].user, match["end"][0].amount

    A match is a dict: the name of each pattern to the list of its events, in the order in which patterns have their
    first event. Patterns that are optional and have none are not in it.
    """

    _CALLED_WITH: ClassVar[Calls] = {"process_match": ("match", "ctx")}

    class Context(ABC):
        """What the function can ask about the match."""

        @abstractmethod
        def timestamp(self) -> int:
            """The time in ms of the match's last event, or that at which the partial match ran out of time."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """The machine's clock in ms since 1970 UTC."""

        @abstractmethod
        def output(self, output_tag: OutputTag, value: Any) -> None:
            """Emits a record to a side output, as ``yield tag, value`` does."""

    @abstractmethod
    def process_match(self, match: dict[str, list[Any]], ctx: PatternProcessFunction.Context) -> Iterable[Any] | None:
        """Takes a match; ``yield`` what comes out, or return a list or None."""


class TimedOutPartialMatchHandler(ABC):
    """Beside :class:`PatternProcessFunction`, for one that is told of partial matches that ran out of time::

    class Payment(PatternProcessFunction, TimedOutPartialMatchHandler):
        def process_match(self, match, ctx):
            yield match["paid"][0]

        def process_timed_out_match(self, match, ctx):
            yield unpaid, match["order"][0]
    """

    @abstractmethod
    def process_timed_out_match(
        self, match: dict[str, list[Any]], ctx: PatternProcessFunction.Context
    ) -> Iterable[Any] | None:
        """Takes what there was of the match; emits to side outputs, with ``yield tag, value`` or ``ctx.output``."""


class PatternSelectFunction(Function):
    """A match in, one result out. A function ``(match)`` does the same."""

    _CALLED_WITH: ClassVar[Calls] = {"select": ("match",)}

    @abstractmethod
    def select(self, match: dict[str, list[Any]]) -> Any:
        """The result."""


class PatternFlatSelectFunction(Function):
    """A match in, any number of results out. A function ``(match)`` does the same."""

    _CALLED_WITH: ClassVar[Calls] = {"flat_select": ("match",)}

    @abstractmethod
    def flat_select(self, match: dict[str, list[Any]]) -> Iterable[Any] | None:
        """``yield`` the results, or return a list or None."""


class PatternTimeoutFunction(Function):
    """A partial match that ran out of time in, one result out. A function ``(match, timestamp)`` does the same."""

    _CALLED_WITH: ClassVar[Calls] = {"timeout": ("match", "timeout_timestamp")}

    @abstractmethod
    def timeout(self, match: dict[str, list[Any]], timeout_timestamp: int) -> Any:
        """The result; ``timeout_timestamp`` (ms) is when time was over."""


class PatternFlatTimeoutFunction(Function):
    """A partial match that ran out of time in, any number of results out. A function ``(match, timestamp)`` does the
    same."""

    _CALLED_WITH: ClassVar[Calls] = {"timeout": ("match", "timeout_timestamp")}

    @abstractmethod
    def timeout(self, match: dict[str, list[Any]], timeout_timestamp: int) -> Iterable[Any] | None:
        """``yield`` the results, or return a list or None; ``timeout_timestamp`` (ms) is when time was over."""
