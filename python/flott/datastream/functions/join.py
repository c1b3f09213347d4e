"""Functions of two records that a join has brought together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.base import Calls

__all__ = ["ProcessJoinFunction"]


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
