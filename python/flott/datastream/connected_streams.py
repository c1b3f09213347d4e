"""Two streams as the inputs of one operator.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/#connect
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream._calls import operator_node
from flott.datastream._transformation import Input
from flott.datastream.data_stream import DataStream
from flott.datastream.functions import (
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    as_function,
)
from flott.datastream.keyed_stream import KeyedStream
from flott.datastream.state import MapStateDescriptor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flott.common.typeinfo import TypeInformation
    from flott.datastream.functions import KeySelector
    from flott.datastream.functions.base import Function

__all__ = ["BroadcastConnectedStream", "BroadcastStream", "ConnectedStreams"]


class ConnectedStreams:
    """Two streams of any types whose records one function gets, each by a method of its own::

        class Join(KeyedCoProcessFunction):
            def process_element1(self, order, ctx): ...
            def process_element2(self, payment, ctx): ...

        orders.connect(payments).key_by(lambda o: o["id"], lambda p: p["order"]).process(Join())

    In which order records of the two come is not defined, as in Flink.
    """

    def __init__(self, stream1: DataStream, stream2: DataStream) -> None:
        """Use :meth:`DataStream.connect`."""
        self.stream1 = stream1
        self.stream2 = stream2

    def key_by(
        self,
        key_selector1: KeySelector | Callable[[Any], Any],
        key_selector2: KeySelector | Callable[[Any], Any],
        key_type: TypeInformation | None = None,
    ) -> ConnectedStreams:
        """Keys both streams: records of one key, from either, come to one subtask and share state and timers."""
        return ConnectedStreams(
            self.stream1.key_by(key_selector1, key_type), self.stream2.key_by(key_selector2, key_type)
        )

    def map(self, func: CoMapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """One record out for each record in, by ``map1`` or ``map2``; None gives none."""
        function = as_function(func, CoMapFunction, "map()")
        return self._operator("Co-Map", "co_map", function, ["map1", "map2"], output_type)

    def flat_map(self, func: CoFlatMapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Any number of records out for each record in, by ``flat_map1`` or ``flat_map2``."""
        function = as_function(func, CoFlatMapFunction, "flat_map()")
        return self._operator("Co-Flat Map", "co_flat_map", function, ["flat_map1", "flat_map2"], output_type)

    def process(
        self, func: CoProcessFunction | KeyedCoProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Runs ``process_element1`` and ``process_element2``, and on keyed streams ``on_timer`` for timers.

        :raises TypeError: for a keyed function on streams without keys
        """
        methods = ["process_element1", "process_element2"]
        if isinstance(func, KeyedCoProcessFunction):
            if not self._is_keyed_stream():
                raise TypeError(
                    f"process({type(func).__name__}): a KeyedCoProcessFunction needs keys: "
                    "connect(...).key_by(selector1, selector2).process(...)"
                )
            function: Function = as_function(func, KeyedCoProcessFunction, "process()")
            methods.append("on_timer")
        else:
            function = as_function(func, CoProcessFunction, "process()")
        name = "Keyed Co-Process" if self._is_keyed_stream() else "Co-Process"
        return self._operator(name, "co_process", function, methods, output_type)

    def _is_keyed_stream(self) -> bool:
        return isinstance(self.stream1, KeyedStream) and isinstance(self.stream2, KeyedStream)

    def _operator(
        self, name: str, kind: str, function: Function, methods: Sequence[str], output_type: TypeInformation | None
    ) -> DataStream:
        kind = f"keyed_{kind}" if self._is_keyed_stream() else kind
        return two_inputs(self.stream1, self.stream2, name, kind, function, methods, output_type)


class BroadcastStream:
    """A stream whose records all subtasks of an operator get, to keep them in broadcast state.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/broadcast_state/
    """

    def __init__(self, input_stream: DataStream, broadcast_state_descriptors: list[MapStateDescriptor]) -> None:
        """Use :meth:`DataStream.broadcast` with the descriptors of its state."""
        for descriptor in broadcast_state_descriptors:
            if not isinstance(descriptor, MapStateDescriptor):
                raise TypeError(f"broadcast() takes descriptors of class MapStateDescriptor, not {descriptor!r}")
        self.input_stream = input_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors


class BroadcastConnectedStream:
    """A stream, keyed or not, together with a broadcast one."""

    def __init__(
        self,
        non_broadcast_stream: DataStream,
        broadcast_stream: BroadcastStream,
        broadcast_state_descriptors: list[MapStateDescriptor],
    ) -> None:
        """Use :meth:`DataStream.connect` with a :class:`BroadcastStream`."""
        self.non_broadcast_stream = non_broadcast_stream
        self.broadcast_stream = broadcast_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors

    def process(
        self,
        func: BroadcastProcessFunction[Any, Any, Any] | KeyedBroadcastProcessFunction[Any, Any, Any, Any],
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Runs ``process_element`` for the stream and ``process_broadcast_element`` for the broadcast one.

        :raises TypeError: if a keyed stream does not get a :class:`KeyedBroadcastProcessFunction`, or another one does
        """
        methods = ["process_element", "process_broadcast_element"]
        if self._is_keyed_stream():
            if isinstance(func, BroadcastProcessFunction):
                raise TypeError("BroadcastProcessFunction should be applied to non-keyed DataStream")
            function: Function = as_function(func, KeyedBroadcastProcessFunction, "process()")
            name, kind = "Keyed-Co-Process-Broadcast", "keyed_broadcast_process"
            methods.append("on_timer")
        else:
            if isinstance(func, KeyedBroadcastProcessFunction):
                raise TypeError("KeyedBroadcastProcessFunction should be applied to keyed DataStream")
            function = as_function(func, BroadcastProcessFunction, "process()")
            name, kind = "Co-Process-Broadcast", "broadcast_process"
        names = [descriptor.get_name() for descriptor in self.broadcast_state_descriptors]
        broadcast = self.broadcast_stream.input_stream.broadcast()
        return two_inputs(
            self.non_broadcast_stream, broadcast, name, kind, function, methods, output_type, broadcast_states=names
        )

    def _is_keyed_stream(self) -> bool:
        return isinstance(self.non_broadcast_stream, KeyedStream)


def two_inputs(
    stream1: DataStream,
    stream2: DataStream,
    name: str,
    kind: str,
    function: Function,
    methods: Sequence[str],
    output_type: TypeInformation | None,
    broadcast_states: Sequence[str] = (),
) -> DataStream:
    """An operator with two inputs; ``methods`` has one for each, then that of timers.

    :raises ValueError: if the streams are of two environments
    """
    env = stream1.get_execution_environment()
    if stream2.get_execution_environment() is not env:
        raise ValueError(f"{name}: both streams must come from one StreamExecutionEnvironment")
    inputs = [(number, each) for number, stream in enumerate((stream1, stream2)) for each in stream._inputs]
    made = env._transformation(name, operator_node(env, kind, function, methods, output_type, broadcast_states), inputs)
    return DataStream(env, [Input(made)], output_type, made)
