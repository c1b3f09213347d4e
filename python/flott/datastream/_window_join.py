"""What runs in the tasks of a window join: records tagged with their stream, and windows that take them apart.

Both streams go into one window operator, as in Flink. The record itself stays the object it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream.functions import CoGroupFunction, FlatJoinFunction, FunctionWrapper, JoinFunction, KeySelector
from flott.datastream.functions._results import results_of
from flott.datastream.functions.window import WindowFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flott.datastream.functions import RuntimeContext
    from flott.datastream.functions.base import Function

__all__ = ["One", "TaggedUnion", "Two", "key_of_record", "window_function"]


class TaggedUnion:
    """A record of one of two streams: what triggers, evictors and assigners of your own see of a window join."""

    __slots__ = ("record",)

    def __init__(self, record: Any) -> None:
        """Made by the engine."""
        self.record = record

    def __repr__(self) -> str:
        return repr(self.record)

    def is_one(self) -> bool:
        """Whether the record is of the first stream."""
        return type(self) is One

    def is_two(self) -> bool:
        """Whether the record is of the second stream."""
        return type(self) is Two

    def get_one(self) -> Any:
        """The record, if it is of the first stream; None otherwise."""
        return self.record if self.is_one() else None

    def get_two(self) -> Any:
        """The record, if it is of the second stream; None otherwise."""
        return self.record if self.is_two() else None


class One(TaggedUnion):
    __slots__ = ()


class Two(TaggedUnion):
    __slots__ = ()


def key_of_record(selector: KeySelector) -> KeySelector | Callable[[TaggedUnion], Any]:
    """The selector for the tagged records, which that one reads the key of."""
    if not isinstance(selector, FunctionWrapper):
        return _KeyOfRecord(selector)
    get_key = selector.get_key

    def key(tagged: TaggedUnion) -> Any:
        return get_key(tagged.record)

    return key


class _KeyOfRecord(KeySelector):
    def __init__(self, selector: KeySelector) -> None:
        self._selector = selector

    def open(self, runtime_context: RuntimeContext) -> None:
        self._selector.open(runtime_context)

    def close(self) -> None:
        self._selector.close()

    def get_key(self, value: TaggedUnion) -> Any:
        return self._selector.get_key(value.record)


class _OfBoth(WindowFunction[TaggedUnion, Any, Any, Any]):
    """Calls a function of two streams with what a window has of each."""

    def __init__(self, function: Function) -> None:
        self._function: Any = function

    def open(self, runtime_context: RuntimeContext) -> None:
        self._function.open(runtime_context)

    def close(self) -> None:
        self._function.close()

    def apply(self, key: Any, window: Any, inputs: Iterable[TaggedUnion]) -> Iterable[Any]:
        first: list[Any] = []
        second: list[Any] = []
        for tagged in inputs:
            (first if type(tagged) is One else second).append(tagged.record)
        return self._results(first, second)

    def _results(self, first: list[Any], second: list[Any]) -> Iterable[Any]:
        raise NotImplementedError


class _CoGroup(_OfBoth):
    def _results(self, first: list[Any], second: list[Any]) -> Iterable[Any]:
        return results_of(self._function.co_group(first, second), "co_group")


class _Join(_OfBoth):
    def _results(self, first: list[Any], second: list[Any]) -> Iterator[Any]:
        join = self._function.join
        return (join(one, two) for one in first for two in second)


class _FlatJoin(_OfBoth):
    def _results(self, first: list[Any], second: list[Any]) -> Iterator[Any]:
        join = self._function.join
        for one in first:
            for two in second:
                yield from results_of(join(one, two), "join")


def window_function(
    function: JoinFunction | FlatJoinFunction | CoGroupFunction, flat: bool = False
) -> WindowFunction[Any, Any, Any, Any]:
    """The function of the windows of both streams.

    :param flat: whether ``join`` yields its results
    """
    if isinstance(function, CoGroupFunction):
        return _CoGroup(function)
    return _FlatJoin(function) if flat else _Join(function)
