"""Two streams as the inputs of one operator: co-functions and broadcast state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import OutputTag, StreamExecutionEnvironment
from flott.datastream.functions import (
    BaseBroadcastProcessFunction,
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    RuntimeContext,
)
from flott.datastream.state import (
    BroadcastState,
    ListStateDescriptor,
    MapStateDescriptor,
    ReadOnlyBroadcastState,
    ValueStateDescriptor,
)
from flott.testing import collect

Env = StreamExecutionEnvironment


class Either(CoMapFunction):
    def map1(self, value: int) -> Any:
        return None if value == 2 else ("one", value)

    def map2(self, value: str) -> Any:
        return "two", value


def test_co_map(env: Env) -> None:
    mapped = env.from_collection([1, 2, 3]).connect(env.from_collection(["a", "b"])).map(Either())
    # None gives no record
    assert sorted(collect(mapped), key=str) == [("one", 1), ("one", 3), ("two", "a"), ("two", "b")]


class Times(CoFlatMapFunction):
    def flat_map1(self, value: int) -> Iterator[int]:
        yield from [value] * value

    def flat_map2(self, value: int) -> list[int] | None:
        return None if value == 7 else [value]


def test_co_flat_map(env: Env) -> None:
    one, two = env.from_collection([0, 1, 2]), env.from_collection([7, 8])
    assert sorted(collect(one.connect(two).flat_map(Times()))) == [1, 2, 2, 8]


ODD = OutputTag("odd", Types.INT())
EVEN = OutputTag("even", Types.INT())


class Parity(CoProcessFunction):
    def process_element1(self, value: int, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        yield (ODD if value % 2 else EVEN), value

    def process_element2(self, value: int, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        yield -value
        assert ctx.timestamp() == -(2**63)
        assert isinstance(ctx, CoProcessFunction.Context)


def test_co_process_with_side_outputs(env: Env) -> None:
    processed = env.from_collection([1, 2, 3]).connect(env.from_collection([10])).process(Parity())
    assert sorted(collect(processed.get_side_output(ODD))) == [1, 3]
    assert collect(processed.get_side_output(EVEN)) == [2]
    assert collect(processed) == [-10]


class Join(KeyedCoProcessFunction):
    """Joins the records of a key when all have come."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.orders = runtime_context.get_list_state(ListStateDescriptor("orders", Types.STRING()))
        self.payments = runtime_context.get_list_state(ListStateDescriptor("payments", Types.INT()))

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        self.orders.add(value[1])
        ctx.timer_service().register_event_time_timer(1)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        self.payments.add(value[1])
        ctx.timer_service().register_event_time_timer(1)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ctx.get_current_key(), sorted(self.orders), sum(self.payments)


def test_keyed_co_process_shares_state_and_timers(env: Env) -> None:
    orders = env.from_collection([("u1", "book"), ("u2", "pen"), ("u1", "car")])
    payments = env.from_collection([(10, "u1"), (5, "u3"), (20, "u1")]).map(lambda record: (record[1], record[0]))
    joined = orders.connect(payments).key_by(lambda order: order[0], lambda payment: payment[0]).process(Join())
    expected = [("u1", ["book", "car"], 30), ("u2", ["pen"], 0), ("u3", [], 5)]
    assert sorted(collect(joined)) == expected
    # the same from streams that were keyed before
    keyed = orders.key_by(lambda order: order[0]).connect(payments.key_by(lambda payment: payment[0]))
    assert sorted(collect(keyed.process(Join()))) == expected


class CountBoth(CoMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def map1(self, value: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        return value[0], self.count.value()

    map2 = map1


def test_co_map_on_keyed_streams_has_state(env: Env) -> None:
    one, two = env.from_collection([("a", 1), ("b", 1)]), env.from_collection([("a", 2), ("a", 3)])
    mapped = one.connect(two).key_by(lambda record: record[0], lambda record: record[0]).map(CountBoth())
    assert sorted(collect(mapped)) == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]


def test_a_stream_can_be_connected_with_itself(env: Env) -> None:
    numbers = env.from_collection([1, 3])
    assert sorted(collect(numbers.connect(numbers).map(Either())), key=str) == [
        ("one", 1), ("one", 3), ("two", 1), ("two", 3),
    ]  # fmt: skip


# --- broadcast state

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())
OTHERS = MapStateDescriptor("others", Types.STRING(), Types.INT())


class Collects(BroadcastProcessFunction[Any, Any, Any]):
    """Yields what it finds in its state when the last rule has come."""

    def process_element(self, value: Any, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterator[Any]:
        state = ctx.get_broadcast_state(RULES)
        assert isinstance(ctx, BroadcastProcessFunction.ReadOnlyContext)
        assert isinstance(state, ReadOnlyBroadcastState)
        assert not isinstance(state, BroadcastState)
        assert not hasattr(state, "put")
        yield "record", value

    def process_broadcast_element(self, value: Any, ctx: BroadcastProcessFunction.Context) -> Iterator[Any]:
        state = ctx.get_broadcast_state(RULES)
        assert isinstance(state, BroadcastState)
        assert isinstance(ctx, BaseBroadcastProcessFunction.Context)
        name, rule = value
        if rule is None:
            state.remove(name)
            state.remove("nothing")
        else:
            state.put(name, rule)
        yield (
            name, name in state, state.get(name), state.contains(name), sorted(state.items()), sorted(state.keys()),
            sorted(state.values()), sorted(state), state.is_empty(), ctx.get_broadcast_state(OTHERS).is_empty(),
        )  # fmt: skip


def test_every_subtask_has_the_broadcast_state(env: Env) -> None:
    rules = env.from_collection([("x", 1), ("y", 2), ("x", None)])
    connected = env.from_collection([7, 8, 9]).connect(rules.broadcast(RULES, OTHERS))
    seen = collect(connected.process(Collects()))
    assert sorted(value for kind, *value in seen if kind == "record") == [[7], [8], [9]]
    of_rules = [result for result in seen if result[0] != "record"]
    expected = [
        ("x", True, 1, True, [("x", 1)], ["x"], [1], ["x"], False, True),
        ("y", True, 2, True, [("x", 1), ("y", 2)], ["x", "y"], [1, 2], ["x", "y"], False, True),
        ("x", False, None, False, [("y", 2)], ["y"], [2], ["y"], False, True),
    ]
    # each rule once in each subtask, in order
    subtasks = env.get_parallelism()
    assert sorted(of_rules, key=str) == sorted(expected * subtasks, key=str)


class Limits(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
    """Keeps the records of a key until the end, then tells which are within their limit."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.amounts = runtime_context.get_list_state(ListStateDescriptor("amounts", Types.INT()))

    def process_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[Any]) -> None:
        self.amounts.add(value[1])
        ctx.timer_service().register_event_time_timer(1)

    def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        ctx.get_broadcast_state(RULES)["limit"] = value

    def on_timer(
        self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext[Any]
    ) -> Iterator[tuple[Any, int]]:
        limit = ctx.get_broadcast_state(RULES).get("limit")
        for amount in self.amounts:
            yield (ODD if amount > limit else EVEN), amount
        yield ctx.get_current_key(), sum(1 for amount in self.amounts if amount <= limit)


def test_keyed_broadcast(env: Env) -> None:
    amounts = env.from_collection([("a", 5), ("b", 50), ("a", 7), ("b", 10)])
    keyed = amounts.key_by(lambda record: record[0])
    processed = keyed.connect(env.from_collection([10]).broadcast(RULES)).process(Limits())
    # the timers fire when both inputs have ended: the limit is known
    assert sorted(collect(processed)) == [("a", 2), ("b", 1)]
    assert collect(processed.get_side_output(ODD)) == [50]
    assert sorted(collect(processed.get_side_output(EVEN))) == [5, 7, 10]


class KeyedOnTheWrongSide(Limits):
    def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        self.amounts.add(value)


def test_the_broadcast_side_has_no_key(single: Env) -> None:
    keyed = single.from_collection([("a", 5)]).key_by(lambda record: record[0])
    processed = keyed.connect(single.from_collection([10]).broadcast(RULES)).process(KeyedOnTheWrongSide())
    with pytest.raises(RuntimeError, match="state 'amounts' was used where there is no record with a key"):
        collect(processed)


class Unknown(Collects):
    def process_element(self, value: Any, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterator[Any]:
        yield ctx.get_broadcast_state(OTHERS)


def test_a_state_that_broadcast_was_not_given(single: Env) -> None:
    connected = single.from_collection([1]).connect(single.from_collection([]).broadcast(RULES))
    with pytest.raises(ValueError, match=r"no broadcast state 'others': broadcast\(...\) was given 'rules'"):
        collect(connected.process(Unknown()))


# --- mistakes


def test_wrong_programs_are_refused_where_they_are_written(single: Env) -> None:
    one, two = single.from_collection([1]), single.from_collection([2])
    keyed = one.key_by(lambda n: n)
    other: Any = "stream"
    with pytest.raises(TypeError, match=r"connect\(\) takes a stream or what broadcast\(descriptor\) returns"):
        one.connect(other)
    with pytest.raises(TypeError, match=r"a KeyedCoProcessFunction needs keys: connect\(...\).key_by"):
        one.connect(two).process(Join())
    function: Any = lambda value: value  # noqa: E731
    with pytest.raises(TypeError, match=r"map\(\) takes an object of a class that extends CoMapFunction"):
        one.connect(two).map(function)
    with pytest.raises(TypeError, match="BroadcastProcessFunction should be applied to non-keyed DataStream"):
        keyed.connect(two.broadcast(RULES)).process(Collects())
    with pytest.raises(TypeError, match="KeyedBroadcastProcessFunction should be applied to keyed DataStream"):
        one.connect(two.broadcast(RULES)).process(Limits())
    with pytest.raises(TypeError, match="descriptors of class MapStateDescriptor"):
        one.broadcast(other)
    with pytest.raises(ValueError, match="both streams must come from one StreamExecutionEnvironment"):
        one.connect(Env.get_execution_environment().from_collection([1])).map(Either())
    plain: Any = Parity()
    with pytest.raises(TypeError, match=r"process\(\) takes a KeyedProcessFunction, not Parity"):
        keyed.process(plain)
    assert not isinstance(Parity(), KeyedProcessFunction)


def test_an_exception_names_the_record_of_its_side(single: Env) -> None:
    class Fails(CoMapFunction):
        def map1(self, value: Any) -> Any:
            return value

        def map2(self, value: Any) -> Any:
            return 1 / value

    connected = single.from_collection([1]).connect(single.from_collection([0]))
    with pytest.raises(ZeroDivisionError) as caught:
        collect(connected.map(Fails()))
    (note,) = caught.value.__notes__
    assert "'Co-Map' (test_connected_streams.py:" in note
    assert note.endswith("while processing: 0")
