"""Function objects in a running job: copied for each subtask, opened, called, closed; what they can ask and count."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
    ReduceFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)

Env = StreamExecutionEnvironment

#: What the functions below report; they are copied, so they can't report to themselves.
EVENTS: list[Any] = []


@pytest.fixture(autouse=True)
def no_events() -> None:
    EVENTS.clear()


class Recorded:
    """open() and close() as events."""

    def open(self, runtime_context: RuntimeContext) -> None:
        EVENTS.append((type(self).__name__, "open", runtime_context.get_index_of_this_subtask()))
        self.subtask = runtime_context.get_index_of_this_subtask()

    def close(self) -> None:
        EVENTS.append((type(self).__name__, "close", self.subtask))


class Double(Recorded, MapFunction):
    def map(self, value: int) -> int:
        return value * 2


class Repeat(Recorded, FlatMapFunction):
    def flat_map(self, value: int) -> Iterator[int]:
        yield from [value] * 2


class Keep(Recorded, FilterFunction):
    def filter(self, value: int) -> bool:
        return True


class Own(Recorded, KeySelector):
    def get_key(self, value: int) -> int:
        return value


class Last(Recorded, ReduceFunction):
    def reduce(self, value1: int, value2: int) -> int:
        return value2


class Pass(Recorded, ProcessFunction):
    def process_element(self, value: int, ctx: Any) -> Iterator[int]:
        yield value


class PassKeyed(Recorded, KeyedProcessFunction):
    def process_element(self, value: int, ctx: Any) -> Iterator[int]:
        yield value


def test_every_kind_of_function_is_opened_and_closed_once_a_subtask(env: Env) -> None:
    parallelism = env.get_parallelism()
    stream = env.from_collection([1, 2]).map(Double()).flat_map(Repeat()).filter(Keep()).process(Pass())
    keyed = stream.key_by(Own()).reduce(Last()).key_by(lambda n: n).process(PassKeyed())
    with keyed.execute_and_collect() as results:
        assert sorted(results) == [2, 2, 4, 4]
    names = ("Double", "Repeat", "Keep", "Own", "Last", "Pass", "PassKeyed")
    assert sorted(EVENTS) == sorted(
        (name, event, subtask) for name in names for event in ("open", "close") for subtask in range(parallelism)
    )


def test_each_subtask_has_its_own_copy(env: Env) -> None:
    class Count(MapFunction):
        def __init__(self) -> None:
            self.seen: list[int] = []

        def open(self, runtime_context: RuntimeContext) -> None:
            self.subtask = runtime_context.get_index_of_this_subtask()

        def map(self, value: int) -> tuple[int, int]:
            self.seen.append(value)
            return self.subtask, len(self.seen)

    function = Count()
    with env.from_collection(list(range(30))).rebalance().map(function).execute_and_collect() as results:
        counts = dict(sorted(results, key=lambda pair: pair[1]))
    assert sorted(counts.values()) == [30 // env.get_parallelism()] * env.get_parallelism()
    assert function.seen == []


def test_one_object_in_two_operators_is_two_copies(single: Env) -> None:
    class Count(MapFunction):
        count = 0

        def map(self, value: Any) -> Any:
            self.count += 1
            return f"{value}{self.count}"

    function = Count()
    with single.from_collection(["a", "b"]).map(function).map(function).execute_and_collect() as results:
        assert list(results) == ["a11", "b22"]


def test_what_cannot_be_copied_is_named_with_what_to_do(single: Env) -> None:
    class Locked(MapFunction):
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def map(self, value: Any) -> Any:
            return value

    single.from_collection([1]).map(Locked()).print()
    with pytest.raises(TypeError, match=r"Locked can't be copied .*lock.*in open\(\), not in __init__"):
        single.execute()


def test_the_runtime_context(env: Env) -> None:
    class Ask(MapFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            context = runtime_context
            self.facts = (
                context.get_task_name(),
                context.get_number_of_parallel_subtasks(),
                context.get_max_number_of_parallel_subtasks(),
                context.get_attempt_number(),
                context.get_job_parameter("limit", "7"),
                context.get_job_parameter("other", "default"),
            )
            self.name = context.get_task_name_with_subtasks()
            self.index = context.get_index_of_this_subtask()

        def map(self, value: Any) -> Any:
            return self.facts, self.index, self.name

    env.get_config().set_global_job_parameters({"limit": "42"})
    env.set_max_parallelism(32)
    parallelism = env.get_parallelism()
    with env.from_collection([1]).rebalance().map(Ask()).name("ask").execute_and_collect() as results:
        [(facts, index, name)] = results
    assert facts == ("ask", parallelism, 32, 0, "42", "default")
    assert name == f"ask ({index + 1}/{parallelism})#0"


def test_metrics_of_functions_are_in_the_result(env: Env) -> None:
    class Count(MapFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            group = runtime_context.get_metrics_group()
            self.odd = group.counter("odd")
            self.total = group.add_group("orders").counter("total")

        def map(self, value: int) -> int:
            self.total.inc(value)
            if value % 2:
                self.odd.inc()
            return value

    env.from_collection(list(range(1, 11))).rebalance().map(Count()).name("count").print()
    metrics = env.execute().get_metrics()["count"]
    # of 1 to 10 five are odd, and they sum up to 55
    assert metrics["odd"] == 5
    assert metrics["orders.total"] == 55
    assert metrics["numRecordsIn"] == metrics["numRecordsOut"] == 10


# --- functions that fail


@pytest.mark.parametrize("at", ["open", "map", "close"])
def test_an_exception_arrives_as_itself_with_a_note(env: Env, at: str) -> None:
    class Fails(Recorded, MapFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            super().open(runtime_context)
            if at == "open":
                raise LookupError("in open")

        def map(self, value: Any) -> Any:
            if at == "map" and value == 5:
                raise LookupError("in map")
            return value

        def close(self) -> None:
            super().close()
            if at == "close":
                raise LookupError("in close")

    env.from_collection(list(range(10))).map(Fails()).name("fails").print()
    with pytest.raises(LookupError, match=f"in {at}") as raised:
        env.execute()
    [note] = raised.value.__notes__
    assert "operator 'fails' (test_function_life.py:" in note
    assert ("while processing: 5" in note) == (at == "map")
    assert any(entry.name == at for entry in raised.traceback), "the traceback leads into the user's function"


def test_functions_are_closed_when_the_job_fails(env: Env) -> None:
    def fail(value: int) -> int:
        raise ArithmeticError

    env.from_collection([1]).map(Double()).map(fail).print()
    with pytest.raises(ArithmeticError):
        env.execute()
    opened = {subtask for _, event, subtask in EVENTS if event == "open"}
    assert {subtask for _, event, subtask in EVENTS if event == "close"} == opened


def test_what_was_made_before_the_failure_has_been_emitted(single: Env, capsys: pytest.CaptureFixture[str]) -> None:
    single.from_collection([4, 2, 1, 0, 5]).map(lambda n: 8 // n).print()
    with pytest.raises(ZeroDivisionError):
        single.execute()
    assert capsys.readouterr().out == "2\n4\n8\n"


def test_wrong_functions_are_refused_where_they_are_given(single: Env) -> None:
    stream: Any = single.from_collection([1], Types.INT())
    with pytest.raises(TypeError, match=r"map\(\) takes a MapFunction object, not the class; make one: Double\(\)"):
        stream.map(Double)
    with pytest.raises(TypeError, match=r"map\(\): the lambda .* takes a, b; it is called with value"):
        stream.map(lambda a, b: a)
    with pytest.raises(TypeError, match=r"process\(\) takes an object of a class that extends ProcessFunction"):
        stream.process(lambda value: value)
    with pytest.raises(TypeError, match="filter.. takes a FilterFunction or a function, not Double"):
        stream.filter(Double())
    with pytest.raises(TypeError, match="reduce.*called with value1, value2"):
        stream.key_by(lambda n: n).reduce(lambda a: a)
    with pytest.raises(TypeError, match="KeyedProcessFunction"):
        stream.key_by(lambda n: n).process(Pass())

    class Collector(ProcessFunction):
        def process_element(self, value: Any, ctx: Any, out: Any) -> None:  # type: ignore[override]
            out.collect(value)

    with pytest.raises(TypeError, match="emit records with 'yield value'"):
        stream.process(Collector())
