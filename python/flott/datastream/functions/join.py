"""Functions of the records of two streams that a join has brought together (beyond PyFlink, as in Flink's Java API)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.base import Calls

__all__ = ["CoGroupFunction", "FlatJoinFunction", "JoinFunction", "ProcessJoinFunction"]


class JoinFunction(Function):
    """A pair of records in, one out; for ``stream.join(other)``. A lambda of two records does the same."""

    _CALLED_WITH: ClassVar[Calls] = {"join": ("first", "second")}
    _LAMBDA_FOR = "join"

    @abstractmethod
    def join(self, first: Any, second: Any) -> Any:
        """The record that the pair becomes."""


class FlatJoinFunction(Function):
    """A pair of records in, any number out; for ``stream.join(other)``. A generator function does the same."""

    _CALLED_WITH: ClassVar[Calls] = {"join": ("first", "second")}

    @abstractmethod
    def join(self, first: Any, second: Any) -> Iterable[Any] | None:
        """Takes a pair; ``yield`` what comes out (``tag, value`` to a side output), or return a list or None."""


class CoGroupFunction(Function):
    """All records of a key and a window in, those of each stream as a list, any number out; for
    ``stream.co_group(other)``. A generator function of two lists does the same::

        class WithoutPayment(CoGroupFunction):
            def co_group(self, first, second):
                if not second:
                    yield from first
    """

    _CALLED_WITH: ClassVar[Calls] = {"co_group": ("first", "second")}
    _LAMBDA_FOR = "co_group"

    @abstractmethod
    def co_group(self, first: list[Any], second: list[Any]) -> Iterable[Any] | None:
        """Takes the records of both streams, each in the order in which they came; one of the lists may be empty.

        ``yield`` what comes out (``tag, value`` to a side output), or return a list or None.
        """


class ProcessJoinFunction(Function):
    """A pair of records in, any number out; for ``KeyedStream.interval_join`` (beyond PyFlink, as in Flink's Java)."""

    _CALLED_WITH: ClassVar[Calls] = {"process_element": ("left", "right", "ctx")}

    class Context(ABC):
        """What ``process_element`` can ask about the pair; times are in ms."""

        @abstractmethod
        def get_left_timestamp(self) -> int:
            """The event time of the left record."""

        @abstractmethod
        def get_right_timestamp(self) -> int:
            """The event time of the right record."""

        @abstractmethod
        def get_timestamp(self) -> int:
            """The event time of the results: the later of the two."""

    @abstractmethod
    def process_element(self, left: Any, right: Any, ctx: ProcessJoinFunction.Context) -> Iterable[Any] | None:
        """Takes a pair; ``yield`` what comes out (``tag, value`` to a side output), or return a list or None."""
