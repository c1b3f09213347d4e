"""Programs that cannot work fail at the line that is wrong, and say how to fix it; programs that can work pass."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import (
    AggregateFunction,
    BroadcastProcessFunction,
    CoMapFunction,
    DataStream,
    FilterFunction,
    KeyedProcessFunction,
    MapFunction,
    OutputTag,
    ProcessFunction,
    StreamExecutionEnvironment,
)
from flott.datastream.functions import as_function
from flott.errors import ConfigurationError


class Keyed(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value


class Plain(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value


class Broadcast(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value

    def process_broadcast_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value


class Both(CoMapFunction):
    def map1(self, value: Any) -> Any:
        return value

    def map2(self, value: Any) -> Any:
        return value


class ForgetfulFilter(FilterFunction):
    def filter(self, value: Any) -> bool:  # type: ignore[empty-body]
        value > 1  # noqa: B015


class YieldingMap(MapFunction):
    def map(self, value: Any) -> Any:
        yield value


def forgetful(value: Any) -> Any:
    value + 1


def forgetful_branches(value: Any) -> Any:
    if value > 1:
        print(value)
    else:
        return None


def forgetful_pair(a: Any, b: Any) -> Any:
    a + b


def yielding(value: Any) -> Iterator[Any]:
    yield value


def text(value: Any) -> str:
    return f"<{value}>"


PAIR = Types.ROW_NAMED(["user", "amount"], [Types.STRING(), Types.INT()])
other_environment = StreamExecutionEnvironment.get_execution_environment

Program = Callable[[StreamExecutionEnvironment, DataStream], Any]

REFUSED: dict[str, tuple[Program, type[Exception], str]] = {
    "keyed function, no keys": (
        lambda env, s: s.process(Keyed()),
        TypeError,
        "process() takes a ProcessFunction, not Keyed; a KeyedProcessFunction goes to stream.key_by(...).process()",
    ),
    "function without keys behind key_by": (
        lambda env, s: s.key_by(lambda v: v).process(Plain()),
        TypeError,
        "not Plain; a ProcessFunction goes to a stream without keys: here extend KeyedProcessFunction",
    ),
    "broadcast function, one stream": (
        lambda env, s: s.process(Broadcast()),
        TypeError,
        "a BroadcastProcessFunction goes to stream.connect(other.broadcast(descriptor)).process()",
    ),
    "co-map function as process function": (
        lambda env, s: s.connect(s).process(Both()),
        TypeError,
        "a CoMapFunction goes to stream.connect(other).map()",
    ),
    "lambda for a process function": (
        lambda env, s: s.process(lambda value, ctx: value),
        TypeError,
        "write the class with process_element(self, value, ctx)",
    ),
    "filter without return": (
        lambda env, s: s.filter(forgetful),
        TypeError,
        "never returns a value, so it would keep no record: is a 'return' missing?",
    ),
    "filter class without return": (
        lambda env, s: s.filter(ForgetfulFilter()),
        TypeError,
        "filter(): ForgetfulFilter.filter never returns a value",
    ),
    "key_by without return": (
        lambda env, s: s.key_by(forgetful_branches),
        TypeError,
        "never returns a value, so every record would have the key None",
    ),
    "reduce without return": (
        lambda env, s: s.key_by(lambda v: v).reduce(forgetful_pair),
        TypeError,
        "never returns a value, so what a key has so far would be lost",
    ),
    "partitioner without return": (
        lambda env, s: s.partition_custom(forgetful_pair, lambda v: v),
        TypeError,
        "never returns a value, so no subtask would be chosen",
    ),
    "typed map without return": (
        lambda env, s: s.map(forgetful, Types.INT()),
        TypeError,
        "never returns a value, but Integer is declared: is a 'return' missing?",
    ),
    "map that yields": (
        lambda env, s: s.map(yielding),
        TypeError,
        "contains yield, so that each call gives a generator: return one record, or use flat_map() for several",
    ),
    "map class that yields": (lambda env, s: s.map(YieldingMap()), TypeError, "map(): YieldingMap.map contains yield"),
    "filter that yields": (lambda env, s: s.filter(yielding), TypeError, "a generator: return the result"),
    "flat_map of text": (
        lambda env, s: s.flat_map(text),
        TypeError,
        "is said to return a str, which would fall apart into characters: return [text]",
    ),
    "Python class as output_type": (lambda env, s: s.map(lambda v: v, int), TypeError, "write Types.LONG()"),
    "type not called": (lambda env, s: s.map(lambda v: v, Types.INT), TypeError, "call it: Types.INT()"),
    "Python class as key_type": (lambda env, s: s.key_by(lambda v: v, str), TypeError, "write Types.STRING()"),
    "Python class as type_info": (lambda env, s: env.from_collection([1], int), TypeError, "write Types.LONG()"),
    "collection of no records": (lambda env, s: env.from_collection(5), TypeError, "takes a list of records, not 5"),
    "Python class in a tag": (lambda env, s: OutputTag("late", int), TypeError, "write Types.LONG()"),
    "tag without name": (lambda env, s: OutputTag(""), ValueError, "cannot be None or empty"),
    "name of a tag for the tag": (
        lambda env, s: s.process(Plain()).get_side_output("late"),
        TypeError,
        "make one, OutputTag('rejected', Types.STRING()), and yield tag, value",
    ),
    "side output of no operator": (
        lambda env, s: s.rebalance().get_side_output(OutputTag("late")),
        TypeError,
        "belongs behind an operator",
    ),
    "misspelt key": (
        lambda env, s: env.from_collection([("a", 1)], PAIR).key_by("usr"),
        ConfigurationError,
        "did you mean 'user'?",
    ),
    "key of an untyped stream": (lambda env, s: s.key_by("user"), TypeError, "needs a typed stream"),
    "no field of that number": (
        lambda env, s: env.from_collection([("a", 1)], PAIR).project(2),
        ValueError,
        "there is no field 2",
    ),
    "union with a list": (lambda env, s: s.union([s]), TypeError, "takes streams, one by one"),
    "union of two environments": (
        lambda env, s: s.union(other_environment().from_collection([1])),
        ValueError,
        "of one StreamExecutionEnvironment",
    ),
    "union of two types": (
        lambda env, s: s.union(env.from_collection(["a"], Types.STRING())),
        TypeError,
        "takes streams of one type",
    ),
    "connect with a number": (lambda env, s: s.connect(5), TypeError, "connect() takes a stream"),
    "reduce without keys": (
        lambda env, s: s.reduce(lambda a, b: a),
        AttributeError,
        "it needs keys: stream.key_by(lambda record: ...).reduce(...)",
    ),
    "function for a strategy": (
        lambda env, s: s.assign_timestamps_and_watermarks(lambda value: value),
        TypeError,
        "takes a WatermarkStrategy",
    ),
    "parallelism 0": (lambda env, s: s.map(str).set_parallelism(0), ValueError, "of 'Map' is at least 1, not 0"),
    "parallelism of text": (
        lambda env, s: s.map(str).set_parallelism("2"),
        TypeError,
        "an int, the number of subtasks",
    ),
    "environment's parallelism 0": (lambda env, s: env.set_parallelism(0), ValueError, "at least 1, not 0"),
    "more subtasks than key groups": (
        lambda env, s: (s.map(str).set_parallelism(5).set_max_parallelism(3).print(), env.execute()),
        ConfigurationError,
        "'Map' has the parallelism 5, and a maximum of 3",
    ),
    "forward to another parallelism": (
        lambda env, s: (
            s.map(str).set_parallelism(2).forward().map(str).set_parallelism(3).print(),
            env.execute(),
        ),
        ConfigurationError,
        "use rebalance() or rescale(), or set the same parallelism on both",
    ),
    "uid twice": (
        lambda env, s: (s.map(str).uid("a").map(str).uid("a").print(), env.execute()),
        ConfigurationError,
        "give each operator its own uid",
    ),
    "number as a name": (lambda env, s: s.map(str).name(5), TypeError, "a name is a str, not 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_program_says_how_to_fix_it(case: str) -> None:
    program, error, message = REFUSED[case]
    env = StreamExecutionEnvironment.get_execution_environment()
    with pytest.raises(error) as raised:
        program(env, env.from_collection([1, 2, 3]))
    assert message in str(raised.value)


def may_return(value: Any) -> Any:
    if value:
        return value
    return None


def or_none(value: Any) -> Any:
    return value or None


def and_none(value: Any) -> Any:
    return value and None


def conditional(value: Any) -> Any:
    return value if value else None


def only_raises(value: Any) -> Any:
    raise ValueError(value)


def tries(value: Any) -> Any:
    try:
        return int(value)
    except ValueError:
        return None
    finally:
        print(value)


def matches(value: Any) -> Any:
    match value:
        case 1:
            return None
        case other:
            return other


def decorated(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(function)
    def call(value: Any) -> Any:
        function(value)
        return True

    return call


class Adds:
    def __call__(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize(
    "function",
    [
        may_return,
        or_none,
        and_none,
        conditional,
        only_raises,
        tries,
        matches,
        decorated(forgetful),
        Adds(),
        functools.partial(max, 0),
        bool,
        lambda value: None,
        lambda value: print(value),
    ],
)
def test_a_function_that_may_return_a_value_passes(function: Any) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1])
    stream.filter(function)
    stream.key_by(function)
    stream.map(function, Types.INT())


def test_what_needs_no_value_needs_no_return() -> None:
    class Silent(ProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            print(value)

    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1])
    stream.map(forgetful)  # undeclared: None is a record as any other
    stream.flat_map(forgetful)
    stream.process(Silent())


def test_an_accumulator_must_be_returned() -> None:
    class Sum(AggregateFunction):
        def create_accumulator(self) -> Any:
            return [0]

        def add(self, value: Any, accumulator: Any) -> Any:
            accumulator[0] += value

        def get_result(self, accumulator: Any) -> Any:
            return accumulator[0]

        def merge(self, acc_a: Any, acc_b: Any) -> Any:
            pass  # called for session windows only

    with pytest.raises(TypeError, match=r"Sum\.add never returns a value, so what was added up would be lost"):
        as_function(Sum(), AggregateFunction, "aggregate()")


def test_valid_programs_that_look_unusual_run(single: StreamExecutionEnvironment) -> None:
    never = OutputTag("never", Types.INT())
    plain = single.from_collection([1, 2]).process(Plain())
    assert list(plain.get_side_output(never).execute_and_collect()) == []
    assert list(single.from_collection([1]).get_side_output(OutputTag("untyped")).execute_and_collect()) == []
    both = single.from_collection([1]).map(lambda v: v).set_parallelism(-1)
    assert list(both.union(both).execute_and_collect()) == [1, 1]
    assert list(both.union().execute_and_collect()) == [1]
