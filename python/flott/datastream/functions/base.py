"""Functions of one record or two: map, filter, reduce, keys, partitions, aggregates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.datastream.functions.context import RuntimeContext

    # Method name to the names of the arguments it is called with.
    Calls = dict[str, tuple[str, ...]]

__all__ = [
    "AggregateFunction",
    "CoFlatMapFunction",
    "CoMapFunction",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "KeySelector",
    "MapFunction",
    "NullByteKeySelector",
    "Partitioner",
    "ReduceFunction",
]


class Function(ABC):
    """The base of all functions: what happens before the first record and after the last."""

    # The methods the engine calls, with the arguments it gives: what `as_function` checks.
    _CALLED_WITH: ClassVar[Calls] = {}
    # The method a lambda or a plain function stands for, where one may.
    _LAMBDA_FOR: ClassVar[str | None] = None

    def open(self, runtime_context: RuntimeContext) -> None:
        """Called once in each subtask before the first record: the place to open connections and get state."""

    def close(self) -> None:
        """Called once in each subtask after the last record, also when the job fails."""


class MapFunction(Function):
    """One record in, one record out."""

    _CALLED_WITH: ClassVar[Calls] = {"map": ("value",)}
    _LAMBDA_FOR = "map"

    @abstractmethod
    def map(self, value: Any) -> Any:
        """The record that takes the place of ``value``."""


class CoMapFunction(Function):
    """One record in, from either of two streams, one record out. None as a result gives no record."""

    _CALLED_WITH: ClassVar[Calls] = {"map1": ("value",), "map2": ("value",)}

    @abstractmethod
    def map1(self, value: Any) -> Any:
        """The record for one of the first stream."""

    @abstractmethod
    def map2(self, value: Any) -> Any:
        """The record for one of the second stream."""


class FlatMapFunction(Function):
    """One record in, any number out: ``yield`` each, or return a list."""

    _CALLED_WITH: ClassVar[Calls] = {"flat_map": ("value",)}
    _LAMBDA_FOR = "flat_map"

    @abstractmethod
    def flat_map(self, value: Any) -> Iterable[Any] | None:
        """The records that take the place of ``value``; None for none."""


class CoFlatMapFunction(Function):
    """One record in, from either of two streams, any number out."""

    _CALLED_WITH: ClassVar[Calls] = {"flat_map1": ("value",), "flat_map2": ("value",)}

    @abstractmethod
    def flat_map1(self, value: Any) -> Iterable[Any] | None:
        """The records for one of the first stream."""

    @abstractmethod
    def flat_map2(self, value: Any) -> Iterable[Any] | None:
        """The records for one of the second stream."""


class ReduceFunction(Function):
    """Two records of a key become one."""

    _CALLED_WITH: ClassVar[Calls] = {"reduce": ("value1", "value2")}
    _LAMBDA_FOR = "reduce"

    @abstractmethod
    def reduce(self, value1: Any, value2: Any) -> Any:
        """The record that ``value1``, reduced so far, and ``value2``, the next one, become."""


class AggregateFunction(Function):
    """Records are added to an accumulator, from which a result is read.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#aggregatefunction
    """

    _CALLED_WITH: ClassVar[Calls] = {
        "create_accumulator": (),
        "add": ("value", "accumulator"),
        "get_result": ("accumulator",),
        "merge": ("acc_a", "acc_b"),
    }

    @abstractmethod
    def create_accumulator(self) -> Any:
        """A new accumulator, with nothing added."""

    @abstractmethod
    def add(self, value: Any, accumulator: Any) -> Any:
        """The accumulator with ``value`` added; may be ``accumulator`` itself, changed."""

    @abstractmethod
    def get_result(self, accumulator: Any) -> Any:
        """The result of what was added so far."""

    @abstractmethod
    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        """One accumulator for two, when session windows merge."""


class KeySelector(Function):
    """Reads a record's key."""

    _CALLED_WITH: ClassVar[Calls] = {"get_key": ("value",)}
    _LAMBDA_FOR = "get_key"

    @abstractmethod
    def get_key(self, value: Any) -> Any:
        """The key of ``value``: the same for an equal record, always."""


class NullByteKeySelector(KeySelector):
    """The same key for all records: what makes a stream without keys look keyed."""

    def get_key(self, value: Any) -> int:
        return 0


class FilterFunction(Function):
    """Says which records go on."""

    _CALLED_WITH: ClassVar[Calls] = {"filter": ("value",)}
    _LAMBDA_FOR = "filter"

    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Whether ``value`` goes on."""


class Partitioner(Function):
    """Says which subtask a record goes to."""

    _CALLED_WITH: ClassVar[Calls] = {"partition": ("key", "num_partitions")}
    _LAMBDA_FOR = "partition"

    @abstractmethod
    def partition(self, key: Any, num_partitions: int) -> int:
        """A number from 0 to ``num_partitions - 1``."""
