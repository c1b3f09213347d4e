"""Functions: what is accepted, what is refused and in which words; RuntimeContext and metrics."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import (
    AggregateFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessFunction,
    ReduceFunction,
    RuntimeContext,
    SinkFunction,
    SourceFunction,
)
from flott.datastream.functions import ReduceFunctionWrapper, as_function
from flott.datastream.state import ListStateDescriptor, ValueStateDescriptor


class Double(MapFunction):
    def map(self, value: Any) -> Any:
        return value * 2


class Emit(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value


def test_functions_with_nothing_to_implement_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        MapFunction()  # type: ignore[abstract]


@pytest.mark.parametrize(
    ("func", "arguments", "result"),
    [
        (lambda value: value + 1, (1,), 2),
        (Double(), (2,), 4),
        (str, (1,), "1"),
        (json.loads, ("[1]",), [1]),
        (functools.partial(pow, 2), (3,), 8),
        (functools.partial(lambda a, b: a - b, 10), (3,), 7),
        ("x-y".split, ("-",), ["x", "y"]),
        (lambda *values: sum(values), (3,), 3),
        (lambda value, extra=1: value + extra, (3,), 4),
    ],
)
def test_what_map_takes(func: Any, arguments: tuple[Any, ...], result: Any) -> None:
    assert as_function(func, MapFunction, "map()").map(*arguments) == result


def test_a_lambda_is_called_without_a_detour() -> None:
    def plain(value: int) -> int:
        return value

    assert as_function(plain, MapFunction, "map()").map is plain


def test_every_kind_that_takes_a_function() -> None:
    assert as_function(lambda v: [v, v], FlatMapFunction, "flat_map()").flat_map(1) == [1, 1]
    assert as_function(lambda v: v > 1, FilterFunction, "filter()").filter(2) is True
    assert as_function(lambda a, b: a + b, ReduceFunction, "reduce()").reduce(1, 2) == 3
    assert as_function(lambda v: v[0], KeySelector, "key_by()").get_key("ab") == "a"
    assert as_function(lambda k, n: k % n, Partitioner, "partition_custom()").partition(5, 3) == 2
    assert isinstance(as_function(max, ReduceFunction, "reduce()"), ReduceFunctionWrapper)


@pytest.mark.parametrize(
    ("func", "base", "message"),
    [
        (
            lambda: 1,
            MapFunction,
            r"map\(\): the lambda \(.*test_functions.py:\d+\) takes nothing; it is called with value",
        ),
        (lambda a, b: 1, MapFunction, "takes a, b; it is called with value"),
        (lambda a: 1, ReduceFunction, "it is called with value1, value2"),
        (lambda a, *, b: 1, MapFunction, r"takes a, \*, b"),
        (Double, MapFunction, r"make one: Double\(\)"),
        (Emit(), MapFunction, r"map\(\) takes a MapFunction or a function, not Emit"),
        (5, MapFunction, "takes a MapFunction or a function, not 5"),
        (lambda value, ctx: [value], ProcessFunction, r"extends ProcessFunction.*process_element\(self, value, ctx\)"),
        (lambda a, b: a, AggregateFunction, r"takes an object of a class that extends AggregateFunction"),
    ],
)
def test_what_is_refused(func: Any, base: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        as_function(func, base, "map()")


def test_methods_with_other_arguments_are_refused_when_the_job_is_built() -> None:
    class ThreeArguments(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any, out: Any) -> Any:  # type: ignore[override]
            out.collect(value)

    class BadTimer(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value

        def on_timer(self, ctx: Any) -> Any:  # type: ignore[override]
            yield 1

    with pytest.raises(TypeError, match=r"ThreeArguments\.process_element takes value, ctx, out.*yield tag, value"):
        as_function(ThreeArguments(), KeyedProcessFunction, "process()")
    with pytest.raises(TypeError, match=r"BadTimer\.on_timer takes ctx; it is called with timestamp, ctx"):
        as_function(BadTimer(), KeyedProcessFunction, "process()")


def test_async_functions_are_refused() -> None:
    async def later(value: Any) -> Any:
        return value

    with pytest.raises(TypeError, match="async"):
        as_function(later, MapFunction, "map()")


@pytest.mark.parametrize(("make", "hint"), [(SourceFunction, "env.from_source"), (SinkFunction, "sink_to")])
def test_java_classes_are_refused_with_a_way_out(make: Any, hint: str) -> None:
    with pytest.raises(NotImplementedError, match=rf"org\.example\.Thing.*{hint}"):
        make("org.example.Thing")


def test_runtime_context() -> None:
    context = RuntimeContext(
        task_name="Map",
        number_of_parallel_subtasks=4,
        max_number_of_parallel_subtasks=64,
        index_of_this_subtask=2,
        attempt_number=1,
        job_parameters={"k": "v"},
    )
    assert context.get_task_name_with_subtasks() == "Map (3/4)#1"
    assert context.get_max_number_of_parallel_subtasks() == 64
    assert (context.get_job_parameter("k", "d"), context.get_job_parameter("x", "d")) == ("v", "d")


def test_state_needs_a_key() -> None:
    context = RuntimeContext(task_name="Map")
    with pytest.raises(RuntimeError, match=r"Map: state 'count' belongs to a key: call key_by\(\)"):
        context.get_state(ValueStateDescriptor("count", Types.LONG()))


def test_state_comes_from_the_backend() -> None:
    class Backend:
        def get_state(self, descriptor: ValueStateDescriptor) -> str:
            return f"state of {descriptor.get_name()}"

    context = RuntimeContext(state_backend=Backend())  # type: ignore[arg-type]
    assert context.get_state(ValueStateDescriptor("count", Types.LONG())) == "state of count"  # type: ignore[comparison-overlap]
    with pytest.raises(TypeError, match="takes a ValueStateDescriptor"):
        context.get_state(ListStateDescriptor("items", Types.LONG()))  # type: ignore[arg-type]
