"""State of a key: what functions on a keyed stream remember."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Row, Time, Types
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    ReduceFunction,
    RuntimeContext,
)
from flott.datastream.state import (
    AggregatingStateDescriptor,
    ListState,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReducingStateDescriptor,
    State,
    StateDescriptor,
    StateTtlConfig,
    ValueState,
    ValueStateDescriptor,
)
from flott.testing import collect, one_input_harness
from tests.datastream.aggregates import Mean

Env = StreamExecutionEnvironment
pytestmark = pytest.mark.usefixtures("backend")


class Script(KeyedProcessFunction):
    """Calls a function of a state for each record, which is `(key, step)`, and yields what it returns."""

    def __init__(self, descriptor: StateDescriptor, getter: str) -> None:
        self.descriptor = descriptor
        self.getter = getter

    def open(self, runtime_context: RuntimeContext) -> None:
        self.state = getattr(runtime_context, self.getter)(self.descriptor)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        key, step = value
        yield key, step(self.state)


def script(env: Env, descriptor: StateDescriptor, getter: str, steps: list[Any]) -> list[Any]:
    """What each step, of one key after the other, returned: steps of key `a`, and between them one of `b`."""
    records = [record for step in steps for record in (("a", step), ("b", lambda state: None))]
    keyed = env.from_collection(records).key_by(lambda record: record[0])
    return [result for key, result in collect(keyed.process(Script(descriptor, getter))) if key == "a"]


def test_value_state(single: Env) -> None:
    descriptor = ValueStateDescriptor("v", Types.INT())
    steps = [
        lambda state: state.value(),
        lambda state: (state.update(5), state.value())[1],
        lambda state: state.value(),
        lambda state: (state.clear(), state.value())[1],
        lambda state: (state.update(6), state.update(None), state.value())[2],
        lambda state: isinstance(state, ValueState) and isinstance(state, State) and not isinstance(state, MapState),
    ]
    assert script(single, descriptor, "get_state", steps) == [None, 5, 5, None, None, True]


def test_list_state(single: Env) -> None:
    descriptor = ListStateDescriptor("l", Types.INT())
    steps = [
        lambda state: list(state.get()),
        lambda state: (state.add(1), state.add_all([2, 3]), list(state))[2],
        lambda state: (state.update([9]), state.add(8), list(state.get()))[2],
        # what was read is a list of its own
        lambda state: (state.get().append(7), list(state.get()))[1],
        lambda state: [state.add(element) or element for element in state.get()],
        lambda state: list(state.get()),
        lambda state: (state.clear(), list(state.get()))[1],
        lambda state: (state.add(1), state.update([]), list(state.get()))[2],
        lambda state: isinstance(state, ListState),
    ]
    expected = [[], [1, 2, 3], [9, 8], [9, 8], [9, 8], [9, 8, 9, 8], [], [], True]
    assert script(single, descriptor, "get_list_state", steps) == expected


def test_map_state(single: Env) -> None:
    descriptor = MapStateDescriptor("m", Types.STRING(), Types.INT())
    steps = [
        lambda state: (state.is_empty(), state.get("x"), state.contains("x"), "x" in state, list(state.items())),
        lambda state: (state.put("x", 1), state.put_all({"y": 2, "z": 3}), sorted(state.items()))[2],
        lambda state: (state.get("x"), state["y"], "z" in state, sorted(state), sorted(state.keys()), state.is_empty()),
        lambda state: (state.remove("x"), state.remove("nothing"), sorted(state.values()))[2],
        lambda state: (state.__setitem__("q", 4), state.__delitem__("y"), sorted(state.items()))[2],
        # it may change while one goes through it
        lambda state: [state.remove(key) or key for key in sorted(state.keys())],
        lambda state: state.is_empty(),
        lambda state: (state.put("x", None), state.contains("x"), state.get("x"))[1:],
        lambda state: (state.clear(), state.is_empty())[1],
    ]
    assert script(single, descriptor, "get_map_state", steps) == [
        (True, None, False, False, []),
        [("x", 1), ("y", 2), ("z", 3)],
        (1, 2, True, ["x", "y", "z"], ["x", "y", "z"], False),
        [2, 3],
        [("q", 4), ("z", 3)],
        ["q", "z"],
        True,
        (True, None),
        True,
    ]


def test_reducing_state(single: Env) -> None:
    descriptor = ReducingStateDescriptor("r", lambda a, b: a * 10 + b, Types.INT())
    steps = [
        lambda state: state.get(),
        lambda state: (state.add(1), state.add(2), state.add(3), state.get())[3],
        lambda state: (state.clear(), state.get())[1],
    ]
    assert script(single, descriptor, "get_reducing_state", steps) == [None, 123, None]


def test_aggregating_state(single: Env) -> None:
    descriptor = AggregatingStateDescriptor("m", Mean(), Types.TUPLE([Types.INT(), Types.INT()]))
    steps = [
        lambda state: state.get(),
        lambda state: (state.add(1), state.add(2), state.get())[2],
        lambda state: (state.clear(), state.add(7), state.get())[2],
    ]
    assert script(single, descriptor, "get_aggregating_state", steps) == [None, 1.5, 7.0]


class Numbered(KeyedProcessFunction):
    """Each record with its number among those of its key."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield ctx.get_current_key(), count


KEYS: list[Any] = [1, 1.0, True, "1", b"1", None, (1, "a"), (True, "a"), (1, ("x", 2.5)), ["a", 1], Row(1, "b"), 2**70]


def test_state_is_that_of_the_key_whatever_it_is(env: Env) -> None:
    # keys that Python finds equal are different: 1, 1.0 and True; a list has no hash
    numbered = env.from_collection([(index, n) for n in range(3) for index in range(len(KEYS))])
    keyed = numbered.key_by(lambda record: KEYS[record[0]])
    counts: dict[str, list[int]] = {}
    for key, count in collect(keyed.process(Numbered())):
        counts.setdefault(f"{type(key).__name__} {key!r}", []).append(count)
    assert counts == {f"{type(key).__name__} {key!r}": [1, 2, 3] for key in KEYS}


class CountingMap(MapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def map(self, value: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        return value[0], self.count.value()


class EverySecond(FilterFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.odd = runtime_context.get_state(ValueStateDescriptor("odd", Types.BOOLEAN()))

    def filter(self, value: Any) -> bool:
        odd = not self.odd.value()
        self.odd.update(odd)
        return not odd


class Pairs(FlatMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.INT()))

    def flat_map(self, value: Any) -> Iterator[Any]:
        last = self.last.value()
        if last is not None:
            yield value[0], last, value[1]
        self.last.update(value[1])


class CountedSum(ReduceFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.calls = runtime_context.get_state(ValueStateDescriptor("calls", Types.INT()))

    def reduce(self, value1: Any, value2: Any) -> Any:
        self.calls.update((self.calls.value() or 0) + 1)
        return value1[0], value1[1] + value2[1] + 100 * (self.calls.value() or 0)


RECORDS = [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 5)]


def test_rich_functions_on_a_keyed_stream_have_state(env: Env) -> None:
    keyed = env.from_collection(RECORDS).key_by(lambda record: record[0])
    assert sorted(collect(keyed.map(CountingMap()))) == [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)]
    assert sorted(collect(keyed.filter(EverySecond()))) == [("a", 3), ("b", 4)]
    assert sorted(collect(keyed.flat_map(Pairs()))) == [("a", 1, 3), ("a", 3, 5), ("b", 2, 4)]
    # a: 1, 1+3+100=104, 104+5+200=309; b: 2, 2+4+100=106
    assert sorted(collect(keyed.reduce(CountedSum()))) == [("a", 1), ("a", 104), ("a", 309), ("b", 2), ("b", 106)]


def test_two_operators_have_state_of_their_own(single: Env) -> None:
    keyed = single.from_collection(["x", "x"]).key_by(lambda word: word)
    again = keyed.process(Numbered()).key_by(lambda record: record[0]).process(Numbered())
    assert collect(again) == [("x", 1), ("x", 2)]


# --- time to live


class Ages(KeyedProcessFunction):
    """Writes ``"write"`` down in every state, and says of ``"read"`` twice what can be read."""

    def __init__(self, config: StateTtlConfig) -> None:
        self.config = config

    def open(self, runtime_context: RuntimeContext) -> None:
        value = ValueStateDescriptor("v", Types.INT())
        elements = ListStateDescriptor("l", Types.INT())
        entries = MapStateDescriptor("m", Types.INT(), Types.INT())
        for descriptor in (value, elements, entries):
            descriptor.enable_time_to_live(self.config)
        self.value = runtime_context.get_state(value)
        self.elements = runtime_context.get_list_state(elements)
        self.entries = runtime_context.get_map_state(entries)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        if value == "write":
            self.value.update(1)
            self.elements.add(1)
            self.entries.put(1, 1)
            return
        for _ in range(2):
            yield self.value.value(), list(self.elements), list(self.entries.items())


THERE, GONE = (1, [1], [(1, 1)]), (None, [], [])


def read_after(millis: int, config: StateTtlConfig) -> list[Any]:
    with one_input_harness(Ages(config), lambda value: "key") as h:
        h.process_element("write")
        h.set_processing_time(millis)
        h.process_element("read")
        return h.extract_output_values()


def test_state_expires() -> None:
    config = StateTtlConfig.new_builder(Time.milliseconds(50)).build()
    assert read_after(49, config) == [THERE, THERE]
    assert read_after(50, config) == [GONE, GONE]


def test_expired_state_can_be_read_once_if_that_is_allowed() -> None:
    config = StateTtlConfig.new_builder(Time.milliseconds(50)).return_expired_if_not_cleaned_up().build()
    assert read_after(50, config) == [THERE, GONE]


def test_reading_makes_state_younger_if_that_is_asked_for() -> None:
    builder = StateTtlConfig.new_builder(Time.milliseconds(50))
    for config, later in ((builder.build(), GONE), (builder.update_ttl_on_read_and_write().build(), THERE)):
        with one_input_harness(Ages(config), lambda value: "key") as h:
            h.process_element("write")
            for time in 40, 80:
                h.set_processing_time(time)
                h.process_element("read")
            assert h.extract_output_values() == [THERE, THERE, later, later]


# --- mistakes


class Stateful(ProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> None:
        return None


def test_state_without_keys(single: Env) -> None:
    with pytest.raises(RuntimeError, match=r"'count' belongs to a key: call key_by\(\)"):
        collect(single.from_collection([1]).process(Stateful()))


class TooEarly(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        runtime_context.get_state(ValueStateDescriptor("count", Types.INT())).value()

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        return None


def test_state_in_open_has_no_key(single: Env) -> None:
    with pytest.raises(RuntimeError, match="state 'count' was used where there is no record with a key"):
        collect(single.from_collection([1]).key_by(lambda n: n).process(TooEarly()))


class OneNameTwice(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        runtime_context.get_state(ValueStateDescriptor("same", Types.INT()))
        runtime_context.get_list_state(ListStateDescriptor("same", Types.INT()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        return None


def test_a_name_stands_for_one_state(single: Env) -> None:
    with pytest.raises(TypeError, match="'same' is the name of a ValueState already; give the ListState another name"):
        collect(single.from_collection([1]).key_by(lambda n: n).process(OneNameTwice()))
