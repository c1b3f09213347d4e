"""One function under test, with the methods of Flink's harnesses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import (
    CoFlatMapFunction,
    CoMapFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    OutputTag,
    ProcessFunction,
    ReduceFunction,
    RuntimeContext,
)
from flott.datastream.state import MapStateDescriptor, ValueStateDescriptor
from flott.testing import StreamRecord, Watermark, broadcast_harness, one_input_harness, two_input_harness

REPEATED = OutputTag("repeated")
END = 2**63 - 1


class Once(KeyedProcessFunction):
    """Lets a key pass once a minute of processing time; what it holds back goes to a side output."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.BOOLEAN()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        if self.seen.value():
            yield REPEATED, value
            return
        self.seen.update(True)
        timers = ctx.timer_service()
        timers.register_processing_time_timer(timers.current_processing_time() + 60_000)
        yield value

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> None:
        self.seen.clear()


def key(value: Any) -> Any:
    return value[0]


def test_a_keyed_process_function() -> None:
    with one_input_harness(Once(), key) as h:
        h.process_element(("a", 1), 10)
        h.process_element(("a", 2), 20)
        h.process_element(("b", 3))
        assert h.extract_output_values() == [("a", 1), ("b", 3)]
        assert h.get_side_output(REPEATED) == [StreamRecord(("a", 2), 20)]
        assert (h.num_processing_time_timers(), h.num_event_time_timers()) == (2, 0)
        assert (h.state("seen", "a"), h.states("seen"), h.num_keyed_state_entries("seen")) == (
            True,
            {"a": True, "b": True},
            2,
        )
        h.set_processing_time(60_000)
        assert (h.timers(), h.states("seen"), h.get_processing_time()) == ([], {}, 60_000)
        h.process_element(("a", 4), 30)
        h.process_watermark(25)
        assert h.get_output() == [
            StreamRecord(("a", 1), 10),
            StreamRecord(("b", 3), None),
            StreamRecord(("a", 4), 30),
            Watermark(25),
        ]
        h.end_input()
        assert h.get_output()[-1] == Watermark(END)


def test_functions_of_other_kinds() -> None:
    class Double(MapFunction):
        def map(self, value: Any) -> Any:
            return value * 2

    class Twice(FlatMapFunction):
        def flat_map(self, value: Any) -> Iterator[Any]:
            yield value
            yield value

    class Large(FilterFunction):
        def filter(self, value: Any) -> bool:
            return bool(value > 10)

    class Both(ProcessFunction):
        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield value, ctx.timestamp()

    expected: list[tuple[Any, list[Any]]] = [
        (Double(), [22, 2]),
        (Twice(), [11, 11, 1, 1]),
        (Large(), [11]),
        (Both(), [(11, 5), (1, 5)]),
    ]
    for function, values in expected:
        with one_input_harness(function) as h:
            h.process_element(11, 5)
            h.process_element(1, 5)
            assert h.extract_output_values() == values


def test_a_reduce_function_needs_keys() -> None:
    class Sum(ReduceFunction):
        def reduce(self, value1: Any, value2: Any) -> Any:
            return value1[0], value1[1] + value2[1]

    with one_input_harness(Sum(), key) as h:
        for value in ("a", 1), ("b", 5), ("a", 2):
            h.process_element(value)
        assert h.extract_output_values() == [("a", 1), ("b", 5), ("a", 3)]
    with pytest.raises(TypeError, match="key_selector"):
        one_input_harness(Sum())


def test_types_are_checked() -> None:
    class Double(MapFunction):
        def map(self, value: Any) -> Any:
            return value * 2

    with one_input_harness(Double(), type_info=Types.LONG()) as h, pytest.raises(TypeError, match="input"):
        h.process_element("two")
    with pytest.raises(TypeError, match="ProcessFunction"):
        one_input_harness(lambda value: value)  # type: ignore[arg-type]


class Match(KeyedCoProcessFunction):
    """An order waits for its payment until the end of its time."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.order = runtime_context.get_state(ValueStateDescriptor("order", Types.STRING()))

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        self.order.update(value[1])
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[Any]:
        yield self.order.value(), value[1]
        self.order.clear()

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> Iterator[Any]:
        if self.order.value():
            yield self.order.value(), "unpaid"


def test_a_function_of_two_keyed_streams() -> None:
    with two_input_harness(Match(), key, key) as h:
        h.process_element1((1, "books"), 0)
        h.process_element1((2, "pens"), 5)
        h.process_element2((1, "12 €"), 7)
        assert (h.extract_output_values(), h.states("order")) == ([("books", "12 €")], {2: "pens"})
        h.process_watermark1(20)
        # the second stream holds event time back
        assert (h.num_event_time_timers(), h.extract_output_values()[1:]) == (2, [])
        h.process_watermark2(15)
        assert h.get_output() == [
            StreamRecord(("books", "12 €"), 7),
            StreamRecord(("pens", "unpaid"), 15),
            Watermark(15),
        ]


def test_functions_of_two_streams() -> None:
    class Sides(CoMapFunction):
        def map1(self, value: Any) -> Any:
            return "left", value

        def map2(self, value: Any) -> Any:
            return "right", value

    class Repeat(CoFlatMapFunction):
        def flat_map1(self, value: Any) -> Iterator[Any]:
            yield value

        def flat_map2(self, value: Any) -> Iterator[Any]:
            yield value
            yield value

    with two_input_harness(Sides()) as sides, two_input_harness(Repeat()) as repeat:
        for h in (sides, repeat):
            h.process_element2(1)
            h.process_element1(2)
        assert sides.extract_output_values() == [("right", 1), ("left", 2)]
        assert repeat.extract_output_values() == [1, 1, 2]
    with pytest.raises(TypeError, match="a key selector for each stream"):
        two_input_harness(Match(), key)


def test_a_broadcast_function() -> None:
    prices = MapStateDescriptor("prices", Types.STRING(), Types.LONG())

    class Price(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            ctx.timer_service().register_event_time_timer(100)
            yield value, ctx.get_broadcast_state(prices).get(value)

        def process_broadcast_element(self, value: Any, ctx: Any) -> None:
            ctx.get_broadcast_state(prices).put(*value)

        def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
            yield "timer", ctx.get_current_key()

    with broadcast_harness(Price(), prices, key_selector=lambda name: name[0]) as h:
        h.process_broadcast_element(("pen", 3))
        h.process_element("pen")
        h.process_element("ink")
        assert h.extract_output_values() == [("pen", 3), ("ink", None)]
        assert h.broadcast_state(prices) == {"pen": 3}
        h.process_watermark(100)
        h.process_broadcast_watermark(99)
        assert h.num_event_time_timers() == 2
        h.process_broadcast_watermark(100)
        assert h.extract_output_values()[2:] == [("timer", "p"), ("timer", "i")]
    with pytest.raises(TypeError, match="descriptors"):
        broadcast_harness(Price())
