"""Streams that are cut into windows.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from flott.datastream.output_tag import OutputTag
from flott.datastream.window import MergingWindowAssigner, Trigger, WindowAssigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott.common.typeinfo import TypeInformation
    from flott.datastream.data_stream import DataStream, KeyedStream
    from flott.datastream.functions import (
        AggregateFunction,
        AllWindowFunction,
        ProcessAllWindowFunction,
        ProcessWindowFunction,
        ReduceFunction,
        WindowFunction,
    )
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["AllWindowedStream", "WindowedStream"]

S = TypeVar("S", bound="_Windowed[Any]")
D = TypeVar("D", bound="DataStream")


class _Windowed(Generic[D]):
    """What both kinds share: how windows are cut."""

    def __init__(self, stream: D, window_assigner: WindowAssigner[Any, Any]) -> None:
        if not isinstance(window_assigner, WindowAssigner):
            raise TypeError(
                "windows come from a WindowAssigner such as TumblingEventTimeWindows.of(Time.minutes(1)), "
                f"not from {window_assigner!r}"
            )
        self._stream = stream
        self._window_assigner = window_assigner
        self._window_trigger: Trigger[Any, Any] | None = None
        self._allowed_lateness = 0
        self._late_data_output_tag: OutputTag | None = None

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

    def _later(self, call: str) -> NoReturn:
        raise NotImplementedError(
            f"windows are not in this version of Flott yet, so {call}() can't run: use key_by(...).process(...) with "
            "state and timers, or run the program on PyFlink with 'flott run --target flink'"
        )


class WindowedStream(_Windowed["KeyedStream"]):
    """A keyed stream, cut into windows of each key; from ``window()`` and ``count_window()`` of :class:`KeyedStream`::

    stream.key_by(lambda o: o["user"]).window(TumblingEventTimeWindows.of(Time.minutes(1))).reduce(later)
    """

    def __init__(self, keyed_stream: KeyedStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        """Use :meth:`KeyedStream.window`."""
        super().__init__(keyed_stream, window_assigner)

    def reduce(
        self,
        reduce_function: ReduceFunction | Callable[[Any, Any], Any],
        window_function: WindowFunction[Any, Any, Any, Any] | ProcessWindowFunction[Any, Any, Any, Any] | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Combines the records of a window. Raises NotImplementedError: windows are not there yet."""
        self._later("reduce")

    def aggregate(
        self,
        aggregate_function: AggregateFunction,
        window_function: WindowFunction[Any, Any, Any, Any] | ProcessWindowFunction[Any, Any, Any, Any] | None = None,
        accumulator_type: TypeInformation | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Aggregates the records of a window. Raises NotImplementedError: windows are not there yet."""
        self._later("aggregate")

    def apply(
        self, window_function: WindowFunction[Any, Any, Any, Any], output_type: TypeInformation | None = None
    ) -> DataStream:
        """Calls a function with the records of a window. Raises NotImplementedError: windows are not there yet."""
        self._later("apply")

    def process(
        self,
        process_window_function: ProcessWindowFunction[Any, Any, Any, Any],
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Calls a function with the records of a window and a context. Raises NotImplementedError: not there yet."""
        self._later("process")


class AllWindowedStream(_Windowed["DataStream"]):
    """A stream without keys, cut into windows; from :meth:`DataStream.window_all`. One subtask does all the work."""

    def __init__(self, data_stream: DataStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        """Use :meth:`DataStream.window_all`."""
        super().__init__(data_stream, window_assigner)

    def reduce(
        self,
        reduce_function: ReduceFunction | Callable[[Any, Any], Any],
        window_function: AllWindowFunction[Any, Any, Any] | ProcessAllWindowFunction[Any, Any, Any] | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Combines the records of a window. Raises NotImplementedError: windows are not there yet."""
        self._later("reduce")

    def aggregate(
        self,
        aggregate_function: AggregateFunction,
        window_function: AllWindowFunction[Any, Any, Any] | ProcessAllWindowFunction[Any, Any, Any] | None = None,
        accumulator_type: TypeInformation | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Aggregates the records of a window. Raises NotImplementedError: windows are not there yet."""
        self._later("aggregate")

    def apply(
        self, window_function: AllWindowFunction[Any, Any, Any], output_type: TypeInformation | None = None
    ) -> DataStream:
        """Calls a function with the records of a window. Raises NotImplementedError: windows are not there yet."""
        self._later("apply")

    def process(
        self,
        process_window_function: ProcessAllWindowFunction[Any, Any, Any],
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Calls a function with the records of a window and a context. Raises NotImplementedError: not there yet."""
        self._later("process")
