"""Async I/O: order, concurrency, capacity, timeouts, retries, failures, the end of the job."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flott.state
from flott.common import Configuration, Duration, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    AsyncDataStream,
    AsyncFunction,
    AsyncRetryStrategy,
    DataStream,
    ProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.async_retry_predicates import (
    empty_result_predicate,
    exception_type_predicate,
    has_exception_predicate,
)
from flott.datastream.connectors.python import PythonSource, Split
from tests.awaiting import until
from tests.checkpoints.job import Committed
from tests.datastream.test_savepoints import Numbers

Env = StreamExecutionEnvironment
Wait = Callable[..., DataStream]

LONG = Time.seconds(60)
BOTH = pytest.mark.parametrize(
    "wait", [AsyncDataStream.ordered_wait, AsyncDataStream.unordered_wait], ids=["ordered", "unordered"]
)
#: What functions report; they are copied, so they can't report to themselves.
EVENTS: list[Any] = []


@pytest.fixture(autouse=True)
def no_events() -> None:
    EVENTS.clear()


def collected(stream: DataStream) -> list[Any]:
    with stream.execute_and_collect() as results:  # type: ignore[union-attr]
        return list(results)


class Together(AsyncFunction):
    """Lets nobody go before ``count`` records are under way at once."""

    def __init__(self, count: int) -> None:
        self.count = count

    def open(self, runtime_context: RuntimeContext) -> None:
        self.arrived = 0
        self.all_there = asyncio.Event()

    async def async_invoke(self, value: Any) -> list[Any]:
        self.arrived += 1
        if self.arrived == self.count:
            self.all_there.set()
        await self.all_there.wait()
        return [value]


class Bounded(AsyncFunction):
    """Counts how many records are under way."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.under_way = 0

    async def async_invoke(self, value: Any) -> list[Any]:
        self.under_way += 1
        EVENTS.append(self.under_way)
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        return [value]


class FirstIsLast(AsyncFunction):
    """The first record is through only when all the others are."""

    def __init__(self, count: int) -> None:
        self.count = count

    def open(self, runtime_context: RuntimeContext) -> None:
        self.left = self.count - 1
        self.others_done = asyncio.Event()

    async def async_invoke(self, value: int) -> list[int]:
        if value == 0:
            await self.others_done.wait()
        else:
            self.left -= 1
            if self.left == 0:
                self.others_done.set()
        return [value]


@BOTH
def test_any_number_of_results_for_each_record(env: Env, wait: Wait) -> None:
    async def divisors(value: int) -> list[int]:
        await asyncio.sleep(0)
        return [n for n in range(2, value) if value % n == 0]

    found = collected(wait(env.from_collection([4, 5, 6, 12]), divisors, LONG))
    assert sorted(found) == [2, 2, 2, 3, 3, 4, 6]


def test_thousands_are_under_way_at_once(single: Env) -> None:
    stream = AsyncDataStream.unordered_wait(single.from_collection(range(3000)), Together(3000), LONG, capacity=3000)
    assert sorted(collected(stream)) == list(range(3000))


@BOTH
@pytest.mark.parametrize("capacity", [1, 7])
def test_no_more_than_the_capacity(single: Env, wait: Wait, capacity: int) -> None:
    assert sorted(collected(wait(single.from_collection(range(100)), Bounded(), LONG, capacity))) == list(range(100))
    assert max(EVENTS) == capacity


def test_ordered_results_come_in_the_order_of_the_records(single: Env) -> None:
    stream = AsyncDataStream.ordered_wait(single.from_collection(range(50)), FirstIsLast(50), LONG)
    assert collected(stream) == list(range(50))


def test_unordered_results_come_as_they_are_there(single: Env) -> None:
    stream = AsyncDataStream.unordered_wait(single.from_collection(range(50)), FirstIsLast(50), LONG)
    results = collected(stream)
    assert results[-1] == 0
    assert sorted(results) == list(range(50))


def test_results_leave_without_new_input(single: Env) -> None:
    """The first record waits for what the second one's result does downstream."""
    passed = threading.Event()

    async def invoke(value: str) -> list[str]:
        while value == "waits" and not passed.is_set():
            await asyncio.sleep(0.001)
        return [value]

    stream = AsyncDataStream.unordered_wait(single.from_collection(["waits", "goes"]), invoke, LONG)
    seen = stream.map(lambda value: (passed.set(), value)[1])
    assert collected(seen) == ["goes", "waits"]


class Second(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class Times(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterable[Any]:
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()


@BOTH
def test_no_result_passes_a_watermark(wait: Wait) -> None:
    """Times 1, 2, 3, ...: the watermark behind each record is its time - 1."""
    env = StreamExecutionEnvironment.get_execution_environment(Configuration().set_integer("flott.watermark-every", 1))
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    records = env.from_collection([(n, n) for n in range(1, 20)]).assign_timestamps_and_watermarks(strategy)

    async def odd_ones_take_longer(value: Any) -> list[Any]:
        await asyncio.sleep(0.01 if value[0] % 2 else 0)
        return [value[0]]

    results = collected(wait(records, odd_ones_take_longer, LONG).process(Times()))
    # the record at time n comes behind the watermark n - 2 of the record before it, and before its own
    assert results == [(n, n, n - 2 if n > 1 else -(2**63)) for n in range(1, 20)]


def test_a_keyed_stream_keeps_the_order_of_each_key(env: Env) -> None:
    async def after_a_while(value: tuple[str, int]) -> list[tuple[str, int]]:
        await asyncio.sleep(0.001 * (value[1] % 3))
        return [value]

    records = [(key, n) for n in range(10) for key in "abc"]
    keyed = env.from_collection(records).key_by(lambda value: value[0])
    results = collected(AsyncDataStream.ordered_wait(keyed, after_a_while, LONG))
    for key in "abc":
        assert [n for k, n in results if k == key] == list(range(10))


# --- timeouts


class TooSlow(AsyncFunction):
    async def async_invoke(self, value: int) -> list[int]:
        try:
            await asyncio.sleep(0 if value % 2 else 600)
        except asyncio.CancelledError:
            EVENTS.append(value)
            raise
        return [value]


class WithDefault(TooSlow):
    def timeout(self, value: int) -> list[str]:
        return [f"no answer for {value}"]


@BOTH
def test_what_takes_too_long_is_cancelled_and_replaced(single: Env, wait: Wait) -> None:
    results = collected(wait(single.from_collection([1, 2, 3, 4]), WithDefault(), Time.milliseconds(50)))
    assert sorted(results, key=str) == [1, 3, "no answer for 2", "no answer for 4"]
    assert sorted(EVENTS) == [2, 4]


def test_without_a_replacement_it_fails(single: Env) -> None:
    stream = AsyncDataStream.ordered_wait(single.from_collection([1, 2]), TooSlow(), Duration.of_millis(20))
    with pytest.raises(TimeoutError, match="Async function call has timed out for input: 2") as failure:
        collected(stream)
    assert ", while processing: 2" in failure.value.__notes__[0]


def test_no_timeout(single: Env) -> None:
    async def invoke(value: int) -> list[int]:
        await asyncio.sleep(0.01)
        return [value]

    assert collected(AsyncDataStream.ordered_wait(single.from_collection([1]), invoke, Time.milliseconds(0))) == [1]


# --- retries


class FailsTwice(AsyncFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.attempts: dict[int, int] = {}

    async def async_invoke(self, value: int) -> list[int]:
        attempt = self.attempts[value] = self.attempts.get(value, 0) + 1
        EVENTS.append((value, attempt))
        if attempt == 1:
            raise OSError("first")
        if attempt == 2:
            return []
        return [value]


def test_failures_and_results_can_be_tried_again(single: Env) -> None:
    strategy = AsyncRetryStrategy.fixed_delay(2, 1, empty_result_predicate, has_exception_predicate)
    stream = AsyncDataStream.ordered_wait_with_retry(single.from_collection([7, 8]), FailsTwice(), LONG, strategy)
    assert collected(stream) == [7, 8]
    assert sorted(EVENTS) == [(value, attempt) for value in (7, 8) for attempt in (1, 2, 3)]


def test_the_last_outcome_counts(single: Env) -> None:
    """One further attempt, whose empty result stands."""
    strategy = AsyncRetryStrategy.exponential_backoff(1, 1, 10, 2.0, empty_result_predicate, has_exception_predicate)
    stream = AsyncDataStream.unordered_wait_with_retry(single.from_collection([7]), FailsTwice(), LONG, strategy)
    assert collected(stream) == []
    assert EVENTS == [(7, 1), (7, 2)]


def test_what_the_predicate_does_not_want_fails_at_once(single: Env) -> None:
    predicate = functools.partial(exception_type_predicate, expected_error_type=ValueError)
    strategy = AsyncRetryStrategy.fixed_delay(5, 1, None, predicate)
    stream = AsyncDataStream.ordered_wait_with_retry(single.from_collection([7]), FailsTwice(), LONG, strategy)
    with pytest.raises(OSError, match="first"):
        collected(stream)
    assert EVENTS == [(7, 1)]


def test_the_timeout_covers_all_attempts(single: Env) -> None:
    class Never(AsyncFunction):
        async def async_invoke(self, value: int) -> list[int]:
            EVENTS.append(value)
            raise OSError("again")

        def timeout(self, value: int) -> list[str]:
            return ["gave up"]

    strategy = AsyncRetryStrategy.fixed_delay(10**9, 5, None, has_exception_predicate)
    stream = AsyncDataStream.ordered_wait_with_retry(
        single.from_collection([1]), Never(), Time.milliseconds(60), strategy
    )
    assert collected(stream) == ["gave up"]
    # without end otherwise; 60 ms with a pause of 5 ms before each attempt but the first
    assert 1 <= len(EVENTS) <= 13


def test_pauses_grow() -> None:
    strategy = AsyncRetryStrategy.exponential_backoff(9, 10, 100, 2.5, None, None)
    # 10, 25, int(62.5), then the most
    assert [strategy.get_backoff_time_millis(attempt) for attempt in (1, 2, 3, 4, 5)] == [10, 25, 62, 100, 100]
    assert [strategy.can_retry(attempt) for attempt in (1, 9, 10)] == [True, True, False]
    assert not AsyncRetryStrategy.no_restart().can_retry(1)
    with pytest.raises(ValueError, match=r"max_attempts should be greater than zero"):
        AsyncRetryStrategy.fixed_delay(0, 10, None, None)


# --- failures


@BOTH
def test_an_exception_arrives_as_itself_with_operator_line_and_record(single: Env, wait: Wait) -> None:
    async def invoke(value: int) -> list[int]:
        await asyncio.sleep(0)
        if value == 30:
            raise KeyError("no such customer")
        return [value]

    stream = wait(single.from_collection(range(100)), invoke, LONG).name("customers")
    with pytest.raises(KeyError, match="no such customer") as failure:
        collected(stream)
    note = failure.value.__notes__[0]
    assert note.startswith("in operator 'customers' (test_async_data_stream.py:")
    assert note.endswith(", while processing: 30")
    assert failure.traceback[-1].name == "invoke"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "The result of AsyncFunction cannot be none"),
        (5, "The result of AsyncFunction should be of list type, not 5"),
        ("text", "The result of AsyncFunction should be of list type, not 'text'"),
    ],
)
def test_results_are_a_list(single: Env, result: Any, message: str) -> None:
    async def invoke(value: int) -> Any:
        return result

    with pytest.raises(TypeError, match=message):
        collected(AsyncDataStream.ordered_wait(single.from_collection([1]), invoke, LONG))


def test_other_iterables_are_taken_too(single: Env) -> None:
    async def invoke(value: int) -> Any:
        return (n for n in range(value))

    assert collected(AsyncDataStream.ordered_wait(single.from_collection([3]), invoke, LONG)) == [0, 1, 2]


def test_wrong_functions_are_refused_where_they_are_given(single: Env) -> None:
    class Plain(AsyncFunction):
        def async_invoke(self, value: int) -> list[int]:  # type: ignore[override]
            return [value]

    stream = single.from_collection([1])
    wait = AsyncDataStream.ordered_wait
    with pytest.raises(TypeError, match=r"'async_invoke' of class 'Plain' should be declared as 'async def'"):
        wait(stream, Plain(), LONG)
    with pytest.raises(TypeError, match=r"ordered_wait\(\) takes an AsyncFunction object, not the class"):
        wait(stream, TooSlow, LONG)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"an AsyncFunction or an 'async def' function"):
        wait(stream, lambda value: [value], LONG)
    with pytest.raises(TypeError, match=r"the timeout is a Time such as Time.seconds\(5\), not 5"):
        wait(stream, TooSlow(), 5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the capacity is at least 1, not 0"):
        wait(stream, TooSlow(), LONG, 0)
    again = AsyncRetryStrategy.fixed_delay(1, 1, None, has_exception_predicate)
    with pytest.raises(ValueError, match="Timeout should be configured when do async with retry"):
        AsyncDataStream.ordered_wait_with_retry(stream, TooSlow(), Time.seconds(0), again)
    with pytest.raises(TypeError, match="takes an AsyncRetryStrategy"):
        AsyncDataStream.ordered_wait_with_retry(stream, TooSlow(), LONG, None)  # type: ignore[arg-type]


# --- the life of a function


class Client(AsyncFunction):
    async def open(self, runtime_context: RuntimeContext) -> None:  # type: ignore[override]
        self.loop = asyncio.get_running_loop()
        self.subtask = runtime_context.get_index_of_this_subtask()
        await asyncio.sleep(0)
        EVENTS.append(("open", self.subtask))

    async def async_invoke(self, value: Any) -> list[Any]:
        assert asyncio.get_running_loop() is self.loop
        return [(value, id(self.loop))]

    async def close(self) -> None:  # type: ignore[override]
        assert asyncio.get_running_loop() is self.loop
        EVENTS.append(("close", self.subtask))


def test_one_loop_a_subtask_for_the_whole_life_of_a_function(env: Env) -> None:
    records = env.from_collection(range(60)).rebalance()
    results = collected(AsyncDataStream.unordered_wait(records, Client(), LONG))
    parallelism = env.get_parallelism()
    assert sorted(value for value, _ in results) == list(range(60))
    assert len({loop for _, loop in results}) == parallelism
    assert sorted(EVENTS) == sorted((event, n) for event in ("open", "close") for n in range(parallelism))


def test_a_failure_in_open_fails_the_job(single: Env) -> None:
    class Refused(Client):
        async def open(self, runtime_context: RuntimeContext) -> None:
            raise ConnectionRefusedError("no server")

    with pytest.raises(ConnectionRefusedError, match="no server"):
        collected(AsyncDataStream.ordered_wait(single.from_collection([1]), Refused(), LONG))


def no_loops_left() -> bool:
    return not any("event loop" in thread.name for thread in threading.enumerate())


def test_cancelling_ends_what_is_under_way(single: Env) -> None:
    class Forever(AsyncFunction):
        async def async_invoke(self, value: int) -> list[int]:
            EVENTS.append(("begun", value))
            try:
                await asyncio.sleep(600)
            finally:
                EVENTS.append(("cancelled", value))
            return []

        def close(self) -> None:
            EVENTS.append(("closed", None))

    stream = AsyncDataStream.ordered_wait(single.from_collection([1, 2, 3]), Forever(), LONG, capacity=2)
    stream.print()
    client = single.execute_async()
    deadline = time.monotonic() + 30
    while len(EVENTS) < 2:
        assert time.monotonic() < deadline, "two records are under way"
        time.sleep(0.001)
    client.cancel().result()
    begun, cancelled = [("begun", 1), ("begun", 2)], [("cancelled", 1), ("cancelled", 2)]
    assert (EVENTS[:2], sorted(EVENTS[2:4]), EVENTS[4:]) == (begun, cancelled, [("closed", None)])
    assert no_loops_left()


def test_a_function_that_blocks_its_loop_is_interrupted(single: Env) -> None:
    class Blocks(AsyncFunction):
        async def async_invoke(self, value: int) -> list[int]:
            EVENTS.append("begun")
            while True:
                time.sleep(0.001)

    AsyncDataStream.ordered_wait(single.from_collection([1]), Blocks(), LONG).print()
    client = single.execute_async()
    deadline = time.monotonic() + 30
    while not EVENTS:
        assert time.monotonic() < deadline, "the record is under way"
        time.sleep(0.001)
    client.cancel().result()
    assert no_loops_left()


class Commits(PythonSource):
    """Notes how many results there were when it was told that it may commit."""

    def __init__(self) -> None:
        self.committed: list[tuple[int, int]] = []

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("all", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int]]:
        for number in range(300):
            time.sleep(0.005)
            yield number, number + 1

    def commit(self, split_id: str, position: int) -> None:
        self.committed.append((position, len(EVENTS)))


def test_barriers_wait_for_the_records_before_them(single: Env) -> None:
    """Without checkpoints: what a source commits is not in flight."""

    async def after_a_while(value: int) -> list[int]:
        await asyncio.sleep(0.05)
        return [value]

    source = Commits()
    numbers = single.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
    first = AsyncDataStream.unordered_wait(numbers, after_a_while, LONG, 10)
    second = AsyncDataStream.ordered_wait(first, after_a_while, LONG, 10)
    second.map(EVENTS.append).print()
    single.execute()
    assert sorted(EVENTS) == list(range(300))
    assert len(source.committed) > 1, "once a second"
    assert all(position <= results for position, results in source.committed)


#: What the function was asked, and whether it answers.
ASKED: list[int] = []
ANSWERS = threading.Event()


class Answers(AsyncFunction):
    async def async_invoke(self, value: int) -> list[int]:
        ASKED.append(value)
        while not ANSWERS.is_set():
            await asyncio.sleep(0.002)
        return [value]


@BOTH
@pytest.mark.parametrize("after", [1, 3])
def test_records_in_flight_are_in_checkpoints(tmp_path: Path, wait: Wait, after: int) -> None:
    def job(env: Env, stops_at: int) -> Committed:
        source = env.from_source(Numbers(stops_at), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
        sink = Committed()
        answers = wait(source.set_parallelism(1).uid("numbers").rebalance(), Answers(), LONG)
        answers.uid("answers").sink_to(sink).uid("sink")
        return sink

    env = Env.get_execution_environment().set_parallelism(2)
    ASKED.clear()
    ANSWERS.clear()
    nothing = job(env, 20)
    client = env.execute_async()
    until(lambda: len(ASKED) == 20)
    path = client.stop_with_savepoint(False, str(tmp_path)).result()
    assert nothing.results == [], "nobody has answered, and nobody has waited for that"
    assert len(flott.state.read(path)["answers"]["in flight"]) > 0
    ANSWERS.set()
    restored = Configuration().set_string("execution.state-recovery.path", path)
    again = Env.get_execution_environment(restored).set_parallelism(after)
    sink = job(again, -1)
    again.execute()
    assert sorted(sink.results) == list(range(3000)), "each once"
    assert sorted(ASKED) == sorted([*range(20), *range(3000)])


@BOTH
def test_typed_records_are_rows(env: Env, wait: Wait) -> None:
    async def total(value: Any) -> list[int]:
        return [value.price * value["quantity"]]

    types = Types.ROW_NAMED(["price", "quantity"], [Types.INT(), Types.INT()])
    orders = env.from_collection([(2, 3), (5, 7)], types)
    # as rows from Python, and as columns from an operator on expressions
    assert sorted(collected(wait(orders, total, LONG))) == [6, 35]
    assert sorted(collected(wait(orders.select("price", "quantity"), total, LONG))) == [6, 35]


def test_the_declared_type_of_the_results(single: Env) -> None:
    async def invoke(value: int) -> list[str]:
        return [str(value)]

    stream = AsyncDataStream.ordered_wait(single.from_collection([1]), invoke, LONG, output_type=Types.STRING())
    assert stream.get_type() == Types.STRING()
    assert stream.get_name() == "async wait operator"
