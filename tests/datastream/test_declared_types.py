"""Declared types take effect behind every operator that has one.

What each type makes of a value is in ``tests/common/test_conversion.py``.

What the next function is given was read off PyFlink 1.20.3, with an exchange between the two.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from flott.common import Row, Time, TypeInformation, Types
from flott.datastream import (
    AggregateFunction,
    AsyncDataStream,
    AsyncFunction,
    CoMapFunction,
    DataStream,
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    StreamExecutionEnvironment,
    WindowFunction,
)
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink
from flott.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)

SIDE = OutputTag("side", Types.INT())


class ToSide(ProcessFunction):
    def __init__(self, value: Any) -> None:
        self.value = value

    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield SIDE, self.value


class Twice(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value
        yield value


class CurrentKey(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield ctx.get_current_key()


class EitherMap(CoMapFunction):
    def __init__(self, value: Any) -> None:
        self.value = value

    def map1(self, value: Any) -> Any:
        return self.value

    def map2(self, value: Any) -> Any:
        return self.value


class PerWindow(WindowFunction[Any, Any, Any, Any]):
    def __init__(self, value: Any) -> None:
        self.value = value

    def apply(self, key: Any, window: Any, inputs: Any) -> list[Any]:
        return [self.value]


class Later(AsyncFunction):
    def __init__(self, value: Any) -> None:
        self.value = value

    async def async_invoke(self, value: Any) -> list[Any]:
        return [self.value]


def result_of(operator: str, env: StreamExecutionEnvironment, value: Any, type_info: TypeInformation) -> DataStream:
    """The value as the result of an operator with a declared type."""
    one = env.from_collection([0])
    make: dict[str, Callable[[], DataStream]] = {
        "map": lambda: one.map(lambda _: value, type_info),
        "flat_map": lambda: one.flat_map(lambda _: [value], type_info),
        "process": lambda: env.from_collection([value]).process(Twice(), type_info),
        "side output": lambda: one.process(ToSide(value)).get_side_output(OutputTag("side", type_info)),
        "reduce": lambda: one.map(lambda _: value, type_info).key_by(lambda _: 0).reduce(lambda a, b: a),
        "co-map": lambda: one.connect(one).map(EitherMap(value), type_info),
        "window": lambda: one.key_by(lambda _: 0).count_window(1).apply(PerWindow(value), type_info),
        "async": lambda: AsyncDataStream.unordered_wait(one, Later(value), Time.seconds(9), 5, type_info),
        "key": lambda: one.key_by(lambda _: value, type_info).process(CurrentKey()),
    }
    return make[operator]()


OPERATORS = ["map", "flat_map", "process", "side output", "reduce", "co-map", "window", "async", "key"]


def seen(stream: DataStream) -> list[str]:
    """What the next function is given."""
    with stream.map(repr).execute_and_collect() as results:
        return list(results)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    ("value", "type_info", "next_sees"),
    [
        (1, Types.DOUBLE(), "1.0"),
        (True, Types.INT(), "1"),
        (Row(1, "a"), Types.ROW([Types.INT(), Types.STRING()]), "Row(f0=1, f1='a')"),
        (Row(b="x", a=1), Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), "Row(a=1, b='x')"),
    ],
)
def test_the_next_function_sees_the_declared_type(
    single: StreamExecutionEnvironment, operator: str, value: Any, type_info: TypeInformation, next_sees: str
) -> None:
    assert set(seen(result_of(operator, single, value, type_info))) == {next_sees}


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "co-map"])  # where None gives no record
def test_none_is_of_every_type(single: StreamExecutionEnvironment, operator: str) -> None:
    assert set(seen(result_of(operator, single, None, Types.STRING()))) == {"None"}


@pytest.mark.parametrize(
    ("operator", "called", "what"),
    [
        ("map", "Map", "the result"),
        ("flat_map", "FlatMap", "a result"),
        ("process", "PROCESS", "a result"),
        ("side output", "PROCESS", "the record for the side output 'side'"),
        ("key", "Key By", "the key"),
        ("co-map", "Co-Map", "a result"),
        ("async", "async wait operator", "results[0]"),
    ],
)
def test_a_value_of_another_type_names_operator_and_record(
    single: StreamExecutionEnvironment, operator: str, called: str, what: str
) -> None:
    with pytest.raises(TypeError) as raised:
        seen(result_of(operator, single, "12", Types.INT()))
    assert str(raised.value) == f"{what}: expected an int (Types.INT), got '12' (str); convert it with int(...)"
    note = raised.value.__notes__[0]
    assert note.startswith(f"in operator '{called}' (test_declared_types.py:")
    assert "while processing: " in note


def test_a_field_is_named(single: StreamExecutionEnvironment) -> None:
    order = Types.ROW_NAMED(["id", "amount"], [Types.LONG(), Types.DOUBLE()])
    orders = single.from_collection([{"id": 7, "amount": "12"}]).map(
        lambda o: Row(id=o["id"], amount=o["amount"]), order
    )
    with pytest.raises(TypeError) as raised:
        seen(orders)
    assert str(raised.value) == (
        "field 'amount' of the result: expected a float (Types.DOUBLE), got '12' (str); convert it with float(...)"
    )
    assert "while processing: {'id': 7, 'amount': '12'}" in raised.value.__notes__[0]


def test_a_reduced_value_is_checked(single: StreamExecutionEnvironment) -> None:
    # PyFlink emits 3 for 1 + 2 + 0.5
    numbers = single.from_collection([1, 2], Types.INT())
    with pytest.raises(TypeError, match="the result: expected an int"):
        seen(numbers.key_by(lambda _: 0).reduce(lambda a, b: a + b + 0.5))


def test_records_before_a_misfit_go_on(single: StreamExecutionEnvironment) -> None:
    shown: list[Any] = []
    stream = single.from_collection([1, 2, "x", 4]).map(lambda value: value, Types.INT())
    with pytest.raises(TypeError, match="got 'x'"):
        seen(stream.filter(lambda value: shown.append(value) or True))  # type: ignore[func-returns-value]
    assert shown == [1, 2]


def test_the_tag_that_reads_a_side_output_gives_its_type(single: StreamExecutionEnvironment) -> None:
    side = single.from_collection([0]).process(ToSide(1))
    assert seen(side.get_side_output(OutputTag("side", Types.DOUBLE()))) == ["1.0"]


def test_a_side_output_that_is_not_read_is_not_checked(single: StreamExecutionEnvironment) -> None:
    assert seen(single.from_collection([0]).process(ToSide("x"), Types.INT())) == []


def test_without_a_declared_type_the_object_itself_goes_on(single: StreamExecutionEnvironment) -> None:
    thing = object()
    with (
        single.from_collection([0]).map(lambda _: thing).map(lambda value: value is thing).execute_and_collect() as same
    ):
        assert list(same) == [True]
    with single.from_collection([thing]).map(lambda v: v, Types.PICKLED_BYTE_ARRAY()).execute_and_collect() as results:
        assert list(results) == [thing]


class Average(AggregateFunction):
    def create_accumulator(self) -> Any:
        return [0, 0]

    def add(self, value: Any, accumulator: Any) -> Any:
        return [accumulator[0] + value, accumulator[1] + 1]

    def get_result(self, accumulator: Any) -> Any:
        return accumulator

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return [acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]]


INT, DOUBLE, ROW = Types.INT(), Types.DOUBLE(), Types.ROW([Types.INT()])
#: Each with what puts a value in, and what reads it.
STATES: dict[str, tuple[Any, Callable[[Any, Any], Any], Callable[[Any], Any]]] = {
    "value": (ValueStateDescriptor("kept", DOUBLE), lambda s, v: s.update(v), lambda s: s.value()),
    "list": (ListStateDescriptor("kept", DOUBLE), lambda s, v: s.add(v), lambda s: list(s.get())),
    "list update": (ListStateDescriptor("kept", DOUBLE), lambda s, v: s.update([v]), lambda s: list(s.get())),
    "map": (MapStateDescriptor("kept", ROW, DOUBLE), lambda s, v: s.put(Row(1), v), lambda s: s.items()),
    "map by key": (MapStateDescriptor("kept", ROW, DOUBLE), lambda s, v: s.put(Row(1), v), lambda s: s.get(Row(1))),
    "reducing": (
        ReducingStateDescriptor("kept", lambda a, b: a + b, DOUBLE),
        lambda s, v: s.add(v),
        lambda s: s.get(),
    ),
    "aggregating": (
        AggregatingStateDescriptor("kept", Average(), Types.TUPLE([DOUBLE, INT])),
        lambda s, v: s.add(v),
        lambda s: s.get(),
    ),
}


class Keeps(KeyedProcessFunction):
    def __init__(self, state: str, value: Any) -> None:
        self.name, self.given = state, value

    def open(self, runtime_context: Any) -> None:
        descriptor, self.put, self.read = STATES[self.name]
        kind = "state" if self.name == "value" else f"{self.name.split()[0]}_state"
        self.state = getattr(runtime_context, f"get_{kind}")(descriptor)

    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        self.put(self.state, self.given)
        yield repr(self.read(self.state))


@pytest.mark.parametrize(
    ("state", "reads"),
    [
        ("value", "1.0"),
        ("list", "[1.0]"),
        ("list update", "[1.0]"),
        ("map", "[(Row(f0=1), 1.0)]"),
        ("map by key", "1.0"),
        ("reducing", "1.0"),
        ("aggregating", "(1.0, 1)"),
    ],
)
def test_state_is_of_its_declared_type(single: StreamExecutionEnvironment, state: str, reads: str) -> None:
    # PyFlink reads 1 as long as the value is in its cache, and 1.0 from then on
    kept = single.from_collection([0]).key_by(lambda _: 0).process(Keeps(state, 1))
    with kept.execute_and_collect() as results:
        assert list(results) == [reads]


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("value", "the value of state 'kept'"),
        ("list", "the element of state 'kept'"),
        ("map", "the value of state 'kept'"),
        ("reducing", "the value of state 'kept'"),
    ],
)
def test_state_refuses_another_type_where_it_is_set(single: StreamExecutionEnvironment, state: str, what: str) -> None:
    with pytest.raises(TypeError) as raised:
        seen(single.from_collection([7]).key_by(lambda _: 0).process(Keeps(state, "x")))
    assert str(raised.value).startswith(f"{what}: expected a float (Types.DOUBLE), got 'x' (str)")
    assert "while processing: 7" in raised.value.__notes__[0]


def test_a_sinks_own_type_means_the_same(single: StreamExecutionEnvironment, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "moments.db")
    database.execute("CREATE TABLE moments (at TEXT)")
    database.commit()
    url = f"jdbc:sqlite:{tmp_path / 'moments.db'}"
    connection = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(url).build()
    at = Types.ROW_NAMED(["at"], [Types.SQL_TIMESTAMP()])
    eight_in_shanghai = datetime(2024, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    options = JdbcExecutionOptions.builder().build()
    moments = single.from_collection([(eight_in_shanghai,)])
    moments.add_sink(JdbcSink.sink("INSERT INTO moments VALUES (?)", at, connection, options))
    single.execute()
    assert database.execute("SELECT at FROM moments").fetchall() == [("2024-01-01 00:00:00",)]
    database.close()
