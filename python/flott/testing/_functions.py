"""One function under test, with the methods of Flink's test harnesses.

Flink has them for Java: ``OneInputStreamOperatorTestHarness`` and its siblings.
https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/testing/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flott.datastream.functions import (
    CoFlatMapFunction,
    CoMapFunction,
    FilterFunction,
    FlatMapFunction,
    MapFunction,
    ReduceFunction,
)
from flott.datastream.time_domain import TimeDomain
from flott.testing._harness import Harness
from flott.testing._seen import StreamRecord, Timer, Watermark

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from flott.common.typeinfo import TypeInformation
    from flott.datastream import DataStream
    from flott.datastream.functions import (
        BroadcastProcessFunction,
        CoProcessFunction,
        KeyedBroadcastProcessFunction,
        KeyedCoProcessFunction,
        KeyedProcessFunction,
        KeySelector,
        ProcessFunction,
    )
    from flott.datastream.output_tag import OutputTag
    from flott.datastream.state import MapStateDescriptor, StateDescriptor

    Selector = KeySelector | Callable[[Any], Any]

__all__ = [
    "BroadcastHarness",
    "OneInputHarness",
    "TwoInputHarness",
    "broadcast_harness",
    "one_input_harness",
    "two_input_harness",
]


H = TypeVar("H", bound="_FunctionHarness")


class _FunctionHarness:
    """What the harnesses of one function have in common. Times are in milliseconds; the clock begins at 0."""

    def __init__(self, harness: Harness, stream: DataStream) -> None:
        #: The job around the function.
        self.harness = harness
        #: What the function emits.
        self.stream = stream

    def __enter__(self: H) -> H:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def set_processing_time(self, timestamp: int) -> None:
        """Lets time pass until ``timestamp``: processing-time timers fire on the way, each at its time."""
        self.harness.set_processing_time(timestamp)

    def get_processing_time(self) -> int:
        """What the clock shows."""
        return self.harness.processing_time()

    def extract_output_values(self) -> list[Any]:
        """The values emitted so far."""
        return self.harness.output(self.stream)

    def get_output(self) -> list[StreamRecord | Watermark]:
        """The records and watermarks emitted so far, in order."""
        return self.harness._seen(self.harness._outputs_of(self.stream), (StreamRecord, Watermark))

    def get_side_output(self, tag: OutputTag) -> list[StreamRecord]:
        """The records sent to a side output so far."""
        return self.harness.records(self.stream.get_side_output(tag))

    def timers(self) -> list[Timer]:
        """The timers that have not fired, in the order of their times."""
        return self.harness.timers(self.stream)

    def num_event_time_timers(self) -> int:
        """How many event-time timers have not fired."""
        return sum(timer.domain is TimeDomain.EVENT_TIME for timer in self.timers())

    def num_processing_time_timers(self) -> int:
        """How many processing-time timers have not fired."""
        return sum(timer.domain is TimeDomain.PROCESSING_TIME for timer in self.timers())

    def state(self, state: str | StateDescriptor, key: Any) -> Any:
        """What a key has in a keyed state; see :meth:`Harness.state`."""
        return self.harness.state(self.stream, state, key)

    def states(self, state: str | StateDescriptor) -> dict[Any, Any]:
        """What every key has in a keyed state, by key."""
        return self.harness.states(self.stream, state)

    def num_keyed_state_entries(self, state: str | StateDescriptor) -> int:
        """How many keys have something in a keyed state."""
        return len(self.harness._started().entries(*self.harness._state(self.stream, state)))

    def end_input(self) -> None:
        """Ends the input: event-time timers fire, and the function is closed."""
        self.harness.finish()

    def close(self) -> None:
        """Closes the function, where the input has not ended."""
        self.harness.close()


class OneInputHarness(_FunctionHarness):
    """A function of one stream; made by :func:`one_input_harness`."""

    def process_element(self, value: Any, timestamp: int | None = None) -> None:
        """Gives the function a record, with its event time."""
        self.harness.feed("input", value, timestamp=timestamp)

    def process_watermark(self, timestamp: int) -> None:
        """Event time reaches ``timestamp``: event-time timers up to then fire."""
        self.harness.watermark("input", timestamp)


class TwoInputHarness(_FunctionHarness):
    """A function of two streams; made by :func:`two_input_harness`."""

    def process_element1(self, value: Any, timestamp: int | None = None) -> None:
        """Gives the function a record of its first stream, with its event time."""
        self.harness.feed("input1", value, timestamp=timestamp)

    def process_element2(self, value: Any, timestamp: int | None = None) -> None:
        """Gives the function a record of its second stream, with its event time."""
        self.harness.feed("input2", value, timestamp=timestamp)

    def process_watermark1(self, timestamp: int) -> None:
        """Event time of the first stream; the function's own is the lesser one of the two."""
        self.harness.watermark("input1", timestamp)

    def process_watermark2(self, timestamp: int) -> None:
        """Event time of the second stream; the function's own is the lesser one of the two."""
        self.harness.watermark("input2", timestamp)


class BroadcastHarness(_FunctionHarness):
    """A function of a stream and a broadcast one; made by :func:`broadcast_harness`."""

    def process_element(self, value: Any, timestamp: int | None = None) -> None:
        """Gives the function a record of the stream that is not broadcast, with its event time."""
        self.harness.feed("input", value, timestamp=timestamp)

    def process_broadcast_element(self, value: Any, timestamp: int | None = None) -> None:
        """Gives the function a record of the broadcast stream, with its event time."""
        self.harness.feed("broadcast", value, timestamp=timestamp)

    def process_watermark(self, timestamp: int) -> None:
        """Event time of the stream that is not broadcast."""
        self.harness.watermark("input", timestamp)

    def process_broadcast_watermark(self, timestamp: int) -> None:
        """Event time of the broadcast stream."""
        self.harness.watermark("broadcast", timestamp)

    def broadcast_state(self, state: str | StateDescriptor) -> dict[Any, Any]:
        """The entries of a broadcast state."""
        return self.harness.broadcast_state(self.stream, state)


def one_input_harness(
    function: ProcessFunction | KeyedProcessFunction | MapFunction | FlatMapFunction | FilterFunction | ReduceFunction,
    key_selector: Selector | None = None,
    *,
    type_info: TypeInformation | None = None,
    output_type: TypeInformation | None = None,
) -> OneInputHarness:
    """A function of one stream, to be called record by record::

        with one_input_harness(Timeout(), lambda order: order["user"]) as h:
            h.process_element({"user": "ada"}, 1_000)
            assert h.num_event_time_timers() == 1
            h.process_watermark(61_000)
            assert h.extract_output_values() == [("ada", 61_000)]

    :param function: an instance of one of the function classes
    :param key_selector: gives a record's key; functions that use state or timers need one
    :param type_info: what the records are; any Python object unless given
    :param output_type: what the function emits; any Python object unless given
    :raises TypeError: if the function can't be used on such a stream
    """
    harness = Harness()
    stream = _keyed(harness.source("input", type_info), key_selector)
    if isinstance(function, MapFunction):
        stream = stream.map(function, output_type)
    elif isinstance(function, FlatMapFunction):
        stream = stream.flat_map(function, output_type)
    elif isinstance(function, FilterFunction):
        stream = stream.filter(function)
    elif isinstance(function, ReduceFunction):
        if key_selector is None:
            raise TypeError("a ReduceFunction needs keys: give one_input_harness() a key_selector")
        stream = stream.reduce(function)  # type: ignore[attr-defined]
    else:
        stream = stream.process(function, output_type)  # type: ignore[arg-type]
    return OneInputHarness(harness, stream)


def two_input_harness(
    function: CoProcessFunction | KeyedCoProcessFunction | CoMapFunction | CoFlatMapFunction,
    key_selector1: Selector | None = None,
    key_selector2: Selector | None = None,
    *,
    output_type: TypeInformation | None = None,
) -> TwoInputHarness:
    """A function of two streams, to be called record by record.

    :param function: an instance of one of the function classes
    :param key_selector1: gives the key of a record of the first stream; both are given, or none is
    :param key_selector2: gives the key of a record of the second stream
    :param output_type: what the function emits; any Python object unless given
    :raises TypeError: if the function can't be used on such streams
    """
    if (key_selector1 is None) != (key_selector2 is None):
        raise TypeError("two_input_harness() takes a key selector for each stream, or none at all")
    harness = Harness()
    first, second = (
        _keyed(harness.source(name), selector)
        for name, selector in (("input1", key_selector1), ("input2", key_selector2))
    )
    connected = first.connect(second)
    if isinstance(function, CoMapFunction):
        stream = connected.map(function, output_type)
    elif isinstance(function, CoFlatMapFunction):
        stream = connected.flat_map(function, output_type)
    else:
        stream = connected.process(function, output_type)
    return TwoInputHarness(harness, stream)


def broadcast_harness(
    function: BroadcastProcessFunction[Any, Any, Any] | KeyedBroadcastProcessFunction[Any, Any, Any, Any],
    *broadcast_state_descriptors: MapStateDescriptor,
    key_selector: Selector | None = None,
    output_type: TypeInformation | None = None,
) -> BroadcastHarness:
    """A function of a stream and a broadcast one, to be called record by record.

    :param function: an instance of one of the function classes
    :param broadcast_state_descriptors: the broadcast state, as ``broadcast(...)`` is given it
    :param key_selector: gives the key of a record of the stream that is not broadcast
    :param output_type: what the function emits; any Python object unless given
    :raises TypeError: if the function can't be used on such streams
    """
    if not broadcast_state_descriptors:
        raise TypeError("broadcast_harness() takes the descriptors of the broadcast state behind the function")
    harness = Harness()
    stream = _keyed(harness.source("input"), key_selector)
    broadcast = harness.source("broadcast").broadcast(*broadcast_state_descriptors)
    return BroadcastHarness(harness, stream.connect(broadcast).process(function, output_type))


def _keyed(stream: DataStream, key_selector: Selector | None) -> DataStream:
    return stream if key_selector is None else stream.key_by(key_selector)
