"""Streams with keys, and what needs them: state, windows, aggregates.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#keyed-datastream
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from flott.common.typeinfo import Types
from flott.datastream._calls import factory
from flott.datastream._columns import conform
from flott.datastream._transformation import Input
from flott.datastream.data_stream import DataStream
from flott.datastream.functions import KeyedProcessFunction, ReduceFunction, as_function
from flott.datastream.functions.wrapper import FunctionWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flott._flott import ColumnsType, Graph
    from flott.common.typeinfo import TypeInformation
    from flott.common.types import Row
    from flott.datastream._transformation import Transformation
    from flott.datastream.cached_stream import CachedDataStream
    from flott.datastream.data_stream import CloseableIterator
    from flott.datastream.functions import KeySelector
    from flott.datastream.functions.base import Function
    from flott.datastream.interval_join import IntervalJoin
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flott.datastream.window import WindowAssigner
    from flott.datastream.windowed_streams import WindowedStream
    from flott.table.expression import Expression

__all__ = ["KeyedStream"]


class KeyedStream(DataStream):
    """A stream in which all records with one key are in one subtask, in order."""

    class AccumulateType(Enum):
        """The aggregates, by PyFlink's numbers; each is a method of the stream."""

        MIN = 1
        MAX = 2
        MIN_BY = 3
        MAX_BY = 4
        SUM = 5

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        keyed: Transformation,
        type_info: TypeInformation,
        key_type: TypeInformation | None,
        origin: DataStream,
        columns: ColumnsType | None = None,
        key: str | None = None,
    ) -> None:
        """Use :meth:`DataStream.key_by`.

        :param key: the expression of the key, where there are columns
        """
        super().__init__(env, [Input(keyed, partitioning="hash")], type_info, columns=columns)
        self._key_type = Types.PICKLED_BYTE_ARRAY() if key_type is None else key_type
        self._origin = origin
        self._key = key

    def _kind(self, kind: str, function: Function) -> str:
        # a lambda can't ask for state: it needs no key at hand
        if kind in ("map", "flat_map", "filter") and not isinstance(function, FunctionWrapper):
            return f"keyed_{kind}"
        return kind

    def interval_join(self, other_stream: KeyedStream) -> IntervalJoin:
        """Pairs records of one key by their event time (beyond PyFlink, as in Flink's Java): then ``between(...)``."""
        from flott.datastream.interval_join import IntervalJoin

        return IntervalJoin(self, other_stream)

    def reduce(self, func: ReduceFunction | Callable[[Any, Any], Any]) -> DataStream:
        """Combines each record with what its key has so far, and emits the result.

        In batch mode each key emits its last result only.
        """
        function = as_function(func, ReduceFunction, "reduce()")
        make = factory(function, ["reduce"], self._env._job_parameters())

        def add(graph: Graph, own: Transformation) -> int:
            kind = "reduce_final" if self._env._is_batch(graph) else "reduce"
            return graph.add_operator(own.name, kind, make, result=conform(self._type))

        return self._next("Reduce", add, self._type)

    def sum(self, position_to_sum: int | str = 0) -> DataStream:
        """The sum of a field over the records of each key so far; the other fields are those of the key's first record.

        Each record yields the new result; in batch mode each key yields its last one only. ``sum`` and its four
        companions run on columns without Python behind ``key_by("user")`` and ``key_by(col(...))``. There a null that
        meets another value is an error, as None is in Python, and so is a sum that does not fit the field's type.

        ::

            ds = env.from_collection([("a", 1), ("a", 2), ("b", 1)])
            ds.key_by(lambda x: x[0]).sum(1)  # ('a', 1), ('a', 3), ('b', 1)

        :param position_to_sum: the field's position in a tuple, list or row, or its name; 0 if the record has no fields
        :raises TypeError: if it is neither an int nor a str, or the record has no fields and it is not 0
        :raises ValueError: if the stream's type has no such field
        """
        return self._aggregate("sum", position_to_sum)

    def min(self, position_to_min: int | str = 0) -> DataStream:
        """The least value of a field over the records of each key; the other fields are those of the key's first
        record.

        Arguments, modes and errors are those of :meth:`sum`.
        """
        return self._aggregate("min", position_to_min)

    def max(self, position_to_max: int | str = 0) -> DataStream:
        """The greatest value of a field over the records of each key; the other fields are those of the key's first
        record.

        Arguments, modes and errors are those of :meth:`sum`.
        """
        return self._aggregate("max", position_to_max)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream:
        """The record with the least value of a field over the records of each key, the first of equal ones.

        Arguments, modes and errors are those of :meth:`sum`.
        """
        return self._aggregate("min_by", position_to_min_by)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream:
        """The record with the greatest value of a field over the records of each key, the first of equal ones.

        Arguments, modes and errors are those of :meth:`sum`.
        """
        return self._aggregate("max_by", position_to_max_by)

    def _aggregate(self, call: str, position: int | str) -> DataStream:
        from flott.datastream._aggregates import column_of, combine, field_of

        position = field_of(call, position, self._type)
        key, columns = self._key, self._columns
        if key is None or columns is None:
            return self.reduce(combine(call, position))
        column = column_of(call, position, columns.names)
        from flott._flott import NativeOperator

        rolling, final = (NativeOperator.aggregate(columns, key, call, column, last) for last in (False, True))

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_native(own.name, final if self._env._is_batch(graph) else rolling)

        return self._next("Reduce", add, self._type, columns=columns)

    def process(  # type: ignore[override]
        self, func: KeyedProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Runs ``func.process_element(value, ctx)``, and ``func.on_timer(timestamp, ctx)`` for timers that were set.

        State and timers are those of ``ctx.get_current_key()``, the key of the record or the timer.
        """
        function = as_function(func, KeyedProcessFunction, "process()")
        methods = ["process_element", "on_timer"]
        return self._operator("KEYED PROCESS", "keyed_process", function, methods, output_type)

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Runs the program and gives each record with its key, as PyFlink does: ``Row(f0=key, f1=record)``."""
        # one subtask, in which records stay in the order in which they were keyed
        with_key = self.process(_WithKey()).set_parallelism(1)
        return with_key.execute_and_collect(job_execution_name, limit)

    def key_by(
        self,
        key_selector: KeySelector | Callable[[Any], Any] | Expression | str,
        key_type: TypeInformation | None = None,
    ) -> KeyedStream:
        """Keys the stream anew, by another key."""
        return self._origin.key_by(key_selector, key_type)

    def window(self, window_assigner: WindowAssigner[Any, Any]) -> WindowedStream:
        """Cuts the records of each key into windows."""
        from flott.datastream.windowed_streams import WindowedStream

        return WindowedStream(self, window_assigner)

    def count_window(self, size: int, slide: int = 0) -> WindowedStream:
        """Cuts the records of each key into windows of ``size`` records, a new one each ``slide`` records.

        :param slide: 0 for windows one after the other
        """
        from flott.datastream.window import CountSlidingWindowAssigner, CountTumblingWindowAssigner

        tumbling = slide == 0
        return self.window(CountTumblingWindowAssigner(size) if tumbling else CountSlidingWindowAssigner(size, slide))

    def cache(self) -> CachedDataStream:
        """Raises TypeError: a keyed stream can't be kept."""
        raise TypeError("a keyed stream can't be kept: call cache() before key_by()")

    def union(self, *streams: DataStream) -> DataStream:
        """All records of this stream and the others; the result has no keys."""
        return self._origin.union(*[getattr(stream, "_origin", stream) for stream in streams])

    def broadcast(self, *args: Any) -> NoReturn:
        """Raises TypeError: a keyed stream is partitioned by its key."""
        self._partitioned("broadcast")

    def _partitioned(self, partitioning: str, partitioner: Callable[[Any, int], int] | None = None) -> NoReturn:
        raise TypeError(f"a keyed stream is partitioned by its key: call {partitioning}() before key_by()")


class _WithKey(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterable[Row]:
        from flott.common.types import Row

        yield Row(f0=ctx.get_current_key(), f1=value)
