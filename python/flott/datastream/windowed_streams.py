"""Streams that are cut into windows.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from flott.datastream._columns import conform, is_expression
from flott.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    NullByteKeySelector,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    ReduceFunction,
    WindowFunction,
    as_function,
)
from flott.datastream.output_tag import OutputTag
from flott.datastream.window import Evictor, MergingWindowAssigner, Trigger, WindowAssigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott._flott import Graph
    from flott.common.typeinfo import TypeInformation
    from flott.datastream._transformation import Transformation
    from flott.datastream.data_stream import DataStream
    from flott.datastream.functions.base import Function
    from flott.datastream.keyed_stream import KeyedStream
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flott.table.expression import Expression

__all__ = ["AllWindowedStream", "WindowedStream"]

S = TypeVar("S", bound="_Windowed[Any, Any, Any]")
A = TypeVar("A")
P = TypeVar("P")
D = TypeVar("D", bound="DataStream")


class _Windowed(Generic[D, A, P]):
    """What both kinds share. ``A`` and ``P`` are the functions that ``apply`` and ``process`` take."""

    #: The classes of those functions.
    _FUNCTIONS: ClassVar[Any]
    #: Whether the windows are those of all records, and their functions are given no key.
    _OF_ALL: ClassVar[bool]

    def __init__(self, stream: D, window_assigner: WindowAssigner[Any, Any]) -> None:
        if not isinstance(window_assigner, WindowAssigner):
            raise TypeError(
                "windows come from a WindowAssigner such as TumblingEventTimeWindows.of(Time.minutes(1)), "
                f"not from {window_assigner!r}"
            )
        self._stream = stream
        stream.get_execution_environment()._has_windows = True
        self._window_assigner = window_assigner
        self._window_trigger: Trigger[Any, Any] | None = None
        self._evictor: Evictor[Any, Any] | None = None
        self._allowed_lateness = 0
        self._late_data_output_tag: OutputTag | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            from flott.datastream._hints import no_attribute

            raise no_attribute(self, name)

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment the stream belongs to."""
        return self._stream.get_execution_environment()

    def get_input_type(self) -> TypeInformation:
        """The type of the records."""
        return self._stream.get_type()

    def trigger(self: S, trigger: Trigger[Any, Any]) -> S:
        """Says when a window emits, instead of the assigner's own trigger.

        :raises TypeError: if it is no trigger, or one that can't merge with windows that do
        """
        if not isinstance(trigger, Trigger):
            raise TypeError(f"trigger() takes a Trigger such as CountTrigger.of(100), not {trigger!r}")
        if isinstance(self._window_assigner, MergingWindowAssigner) and not trigger.can_merge():
            raise TypeError(
                f"{type(self._window_assigner).__name__} merges windows, which {type(trigger).__name__} can't: "
                "implement can_merge() and on_merge()"
            )
        self._window_trigger = trigger
        return self

    def evictor(self: S, evictor: Evictor[Any, Any]) -> S:
        """Takes records out of a window when it fires; beyond PyFlink, after ``evictor()`` of Flink's Java API.

        The window then keeps all its records, also for ``reduce`` and ``aggregate``, which are computed each time. ::

            stream.key_by(car).window(GlobalWindows.create()).trigger(CountTrigger.of(1)).evictor(CountEvictor.of(10))

        :raises TypeError: if it is no evictor
        """
        if not isinstance(evictor, Evictor):
            raise TypeError(f"evictor() takes an Evictor such as CountEvictor.of(10), not {evictor!r}")
        self._evictor = evictor
        return self

    def allowed_lateness(self: S, time_ms: int) -> S:
        """How long, in milliseconds of event time, a window is kept behind its end for late records; 0 unless set.

        :raises ValueError: if it is less than 0
        """
        if time_ms < 0:
            raise ValueError(f"the allowed lateness is at least 0 ms, not {time_ms}")
        self._allowed_lateness = time_ms
        return self

    def side_output_late_data(self: S, output_tag: OutputTag) -> S:
        """Sends records that are too late to a side output of the result; without it they are dropped, and counted."""
        if not isinstance(output_tag, OutputTag):
            raise TypeError(f"side_output_late_data() takes an OutputTag, not {output_tag!r}")
        self._late_data_output_tag = output_tag
        return self

    def reduce(
        self,
        reduce_function: ReduceFunction | Callable[[Any, Any], Any],
        window_function: A | P | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Combines the records of a window as they come, so that only one is kept.

        :param window_function: is given the one record instead of all; without it, that is the result
        """
        keep = as_function(reduce_function, ReduceFunction, "reduce()")
        if window_function is None:
            return self._operator(keep, None, output_type or self.get_input_type())
        return self._operator(keep, _window_function(window_function, self._FUNCTIONS, "reduce()"), output_type)

    @overload
    def aggregate(
        self,
        aggregate_function: AggregateFunction,
        window_function: A | P | None = None,
        accumulator_type: TypeInformation | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream: ...

    @overload
    def aggregate(self, aggregate_function: Expression, *expressions: Expression) -> DataStream: ...

    def aggregate(
        self,
        aggregate_function: Any,
        window_function: Any = None,
        accumulator_type: Any = None,
        output_type: Any = None,
        *expressions: Any,
    ) -> DataStream:
        """Adds the records of a window to an accumulator as they come, of which the result is made in the end.

        Of a typed stream it also takes aggregates as expressions (beyond PyFlink), which run on columns without
        Python. The results are rows: the key's columns, ``window_start`` and ``window_end`` (LONG, ms since 1970; null
        for windows without times), and the aggregates::

            orders.key_by("user").window(TumblingEventTimeWindows.of(Time.minutes(1))).aggregate(
                col("amount").sum.alias("total"), lit(1).count.alias("orders")
            )

        :param aggregate_function: an :class:`AggregateFunction`, or the first of the expressions
        :param window_function: is given the one result instead of all records; with expressions, the next of them
        :param accumulator_type: accepted for compatibility: an accumulator stays the object it is
        :param output_type: the type of the results
        :raises TypeError: if it is neither, or expressions are given where windows or keys are a Python function's
        :raises ConfigurationError: if a field does not exist or an aggregate does not fit its type
        """
        given = (aggregate_function, window_function, accumulator_type, output_type, *expressions)
        if any(is_expression(each) for each in given):
            from flott.datastream._window_columns import aggregated

            return aggregated(self, [each for each in given if each is not None])
        keep = as_function(aggregate_function, AggregateFunction, "aggregate()")
        if window_function is None:
            return self._operator(keep, None, output_type)
        return self._operator(keep, _window_function(window_function, self._FUNCTIONS, "aggregate()"), output_type)

    def apply(self, window_function: A, output_type: TypeInformation | None = None) -> DataStream:
        """Calls a function with all records of a window."""
        function = _window_function(window_function, self._FUNCTIONS[:1], "apply()")
        return self._operator(None, function, output_type)

    def process(
        self,
        process_window_function: P,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Calls a function with all records of a window, and a context that knows the time and holds state."""
        function = _window_function(process_window_function, self._FUNCTIONS[1:], "process()")
        return self._operator(None, function, output_type)

    def _operator(
        self,
        keep: ReduceFunction | AggregateFunction | None,
        window_function: Function | None,
        output_type: TypeInformation | None,
    ) -> DataStream:
        from flott.datastream._windows import window_factory

        env = self.get_execution_environment()
        make = window_factory(
            self._window_assigner,
            self._trigger(),
            self._allowed_lateness,
            keep,
            window_function,
            self._OF_ALL,
            env._job_parameters(),
            self._evictor,
        )
        tag = None if self._late_data_output_tag is None else self._late_data_output_tag.tag_id

        def add(graph: Graph, own: Transformation) -> int:
            sides = own.conform_sides()
            return graph.add_operator(own.name, "window", make, (), tag, conform(output_type), sides)

        keyed = self._keyed()
        stream = keyed._next(type(self._window_assigner).__name__, add, output_type)
        return stream.force_non_parallel() if self._OF_ALL else stream

    def _trigger(self) -> Trigger[Any, Any]:
        own = self._window_assigner.get_default_trigger
        return self._window_trigger or own(self.get_execution_environment())

    def _keyed(self) -> KeyedStream:
        raise NotImplementedError


def _window_function(function: Any, kinds: tuple[type[Function], ...], call: str) -> Any:
    """``function`` as one of the two kinds of window functions.

    :raises TypeError: if it is neither
    """
    for kind in kinds:
        if isinstance(function, kind):
            return as_function(function, kind, call)
    names = " or ".join(kind.__name__ for kind in kinds)
    raise TypeError(f"{call} takes an object of a class that extends {names}, not {function!r}")


class WindowedStream(
    _Windowed["KeyedStream", WindowFunction[Any, Any, Any, Any], ProcessWindowFunction[Any, Any, Any, Any]]
):
    """A keyed stream, cut into windows of each key; from ``window()`` and ``count_window()`` of :class:`KeyedStream`::

    stream.key_by(lambda o: o["user"]).window(TumblingEventTimeWindows.of(Time.minutes(1))).reduce(later)
    """

    _FUNCTIONS = (WindowFunction, ProcessWindowFunction)
    _OF_ALL = False

    def __init__(self, keyed_stream: KeyedStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        """Use :meth:`KeyedStream.window`."""
        super().__init__(keyed_stream, window_assigner)

    def _keyed(self) -> KeyedStream:
        return self._stream


class AllWindowedStream(
    _Windowed["DataStream", AllWindowFunction[Any, Any, Any], ProcessAllWindowFunction[Any, Any, Any]]
):
    """A stream without keys, cut into windows; from :meth:`DataStream.window_all`. One subtask does all the work."""

    _FUNCTIONS = (AllWindowFunction, ProcessAllWindowFunction)
    _OF_ALL = True

    def __init__(self, data_stream: DataStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        """Use :meth:`DataStream.window_all`."""
        super().__init__(data_stream, window_assigner)

    def _keyed(self) -> KeyedStream:
        return self._stream.key_by(NullByteKeySelector())
