"""Jobs over columns that fail behind a checkpoint and go on from it: nothing differs from a job that never failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, RestartStrategies, Row, Time, Types, WatermarkStrategy
from flott.datastream import DataStream, ExternalizedCheckpointRetention, MapFunction, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flott.errors import ConfigurationError
from flott.table.expressions import col, lit
from tests.datastream.failing import AWAITED, FAILS, Broken, meet

#: More than the channels of the jobs can hold: the source is still there when a checkpoint is taken.
N = 20_000
FAILS_AT = 15_000
KEYS = 7
#: No numbers in between: sessions end here.
PAUSE = 5_000

#: The first value of each start of the job.
STARTS: list[int] = []


@pytest.fixture(autouse=True)
def no_starts_left() -> Iterator[None]:
    yield
    STARTS.clear()


def at(value: int) -> int:
    """When (ms) that number comes."""
    return value + value // PAUSE * 100


class Records(MapFunction):
    """The only Python in the jobs: it stands behind the source, in front of all state."""

    started = False

    def map(self, value: int) -> Row:
        if not self.started:
            self.started = True
            STARTS.append(value)
        meet(value)
        return Row(key=value % KEYS, at=at(value), number=value)


RECORD = Types.ROW_NAMED(["key", "at", "number"], [Types.LONG(), Types.LONG(), Types.LONG()])


def records(env: StreamExecutionEnvironment) -> DataStream:
    source = NumberSequenceSource(0, N - 1)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()).uid("numbers")
    # one after the other
    stream = numbers.set_parallelism(1).map(Records(), RECORD).set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("at"))
    return stream.assign_timestamps_and_watermarks(strategy).set_parallelism(1)


def environment(parallelism: int, **settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    return StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(parallelism)


def collected(stream: Any, into: Counter[Any]) -> None:
    with stream.execute_and_collect() as results:
        for result in results:
            into[tuple(result)] += 1


Job = Callable[[StreamExecutionEnvironment], DataStream]


def resumed(job: Job, tmp_path: Path, before: int, after: int) -> tuple[Counter[Any], Counter[Any]]:
    """The results of a job that fails behind a checkpoint, and of one that goes on from that."""
    env = environment(before)
    env.enable_checkpointing(10)
    config = env.get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    FAILS[:], AWAITED[:] = [FAILS_AT], [tmp_path]
    first: Counter[Any] = Counter()
    with pytest.raises(Broken):
        collected(job(env), first)
    (checkpoint,) = tmp_path.glob("*/chk-*")
    second: Counter[Any] = Counter()
    collected(job(environment(after, execution__state_recovery__path=checkpoint.as_uri())), second)
    assert STARTS[0] == 0 < STARTS[1], "the second job begins where the checkpoint is"
    return first, second


AGGREGATES = ["sum", "min", "max", "min_by", "max_by"]


def aggregated(function: str) -> Job:
    return lambda env: getattr(records(env).key_by("key"), function)("number").uid("aggregate")


def rolling(function: str, start: int = 0) -> Counter[Any]:
    """The results of the numbers from `start` on, by hand.

    They are the first record of a key with the number replaced, or the record with the least or greatest number.
    """
    results = []
    total = dict.fromkeys(range(KEYS), 0)
    for number in range(N):
        key = number % KEYS
        total[key] += number
        # the first record of a key has its least number, and the last one the greatest
        least, greatest = (key, at(key), key), (key, at(number), number)
        results.append(
            {
                "sum": (key, at(key), total[key]),
                "min": least,
                "max": (key, at(key), number),
                "min_by": least,
                "max_by": greatest,
            }[function]
        )
    return Counter(results[start:])


@pytest.mark.parametrize("function", AGGREGATES)
@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 2)])
def test_aggregates_go_on(tmp_path: Path, function: str, before: int, after: int) -> None:
    _, second = resumed(aggregated(function), tmp_path, before, after)
    assert second == rolling(function, STARTS[1])


#: Start, end, and the numbers in it, for each window of one key's numbers.
Cut = Callable[[list[int]], list[tuple[Any, Any, list[int]]]]


def by_time(size: int, slide: int) -> Cut:
    def windows(numbers: list[int]) -> list[tuple[Any, Any, list[int]]]:
        starts = range(-size, at(N) + size, slide)
        cut = [(start, start + size, [n for n in numbers if start <= at(n) < start + size]) for start in starts]
        return [window for window in cut if window[2]]

    return windows


def sessions(numbers: list[int]) -> list[tuple[Any, Any, list[int]]]:
    """Those between two pauses; a gap of 50 ms."""
    parts = [[n for n in numbers if n // PAUSE == part] for part in range(N // PAUSE)]
    return [(at(part[0]), at(part[-1]) + 50, part) for part in parts]


def counted(numbers: list[int]) -> list[tuple[Any, Any, list[int]]]:
    """Each 400 of them; the last ones never fire."""
    return [(None, None, numbers[n : n + 400]) for n in range(0, len(numbers) - 399, 400)]


WINDOWS: dict[str, tuple[Any, Any, Cut]] = {
    "tumbling": (TumblingEventTimeWindows.of(Time.milliseconds(4_000)), None, by_time(4_000, 4_000)),
    "sliding": (
        SlidingEventTimeWindows.of(Time.milliseconds(6_000), Time.milliseconds(1_000)),
        None,
        by_time(6_000, 1_000),
    ),
    "session": (EventTimeSessionWindows.with_gap(Time.milliseconds(50)), None, sessions),
    "count": (GlobalWindows.create(), PurgingTrigger.of(CountTrigger.of(400)), counted),
}


def windowed(name: str) -> Job:
    cut, trigger, _ = WINDOWS[name]

    def job(env: StreamExecutionEnvironment) -> DataStream:
        windows = records(env).key_by("key").window(cut)
        if trigger is not None:
            windows.trigger(trigger)
        number = col("number")
        return windows.aggregate(
            lit(1).count.alias("records"),
            number.sum.alias("total"),
            number.min.alias("least"),
            number.max.alias("greatest"),
            number.avg.alias("mean"),
            number.first_value.alias("first"),
            number.last_value.alias("last"),
            (number % 10).count.distinct.alias("digits"),
        ).uid("windows")

    return job


def by_hand(name: str) -> Counter[Any]:
    results: Counter[Any] = Counter()
    for key in range(KEYS):
        for start, end, numbers in WINDOWS[name][2](list(range(key, N, KEYS))):
            total, digits = sum(numbers), len({n % 10 for n in numbers})
            ends = (numbers[0], numbers[-1])
            result = (key, start, end, len(numbers), total, *ends, total // len(numbers), *ends, digits)
            results[result] += 1
    return results


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 2)])
def test_windows_go_on(tmp_path: Path, name: str, before: int, after: int) -> None:
    first, second = resumed(windowed(name), tmp_path, before, after)
    expected = by_hand(name)
    assert second <= expected
    # collecting is at least once
    assert set(first) | set(second) == set(expected)
    # a window that the checkpoint has half of
    assert any(row[5] < STARTS[1] for row in second)


@pytest.mark.parametrize("name", ["sum", "tumbling", "session"])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_a_job_that_fails_is_started_again(tmp_path: Path, name: str, parallelism: int) -> None:
    env = environment(parallelism)
    env.enable_checkpointing(10)
    env.get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:], AWAITED[:] = [N // 2, FAILS_AT], [tmp_path]
    results: Counter[Any] = Counter()
    collected((aggregated if name == "sum" else windowed)(name)(env), results)
    assert set(results) == set(rolling(name) if name == "sum" else by_hand(name))
    assert len(STARTS) == 3
    assert min(STARTS[1:]) > 0


def test_other_windows_do_not_take_up_a_checkpoint(tmp_path: Path) -> None:
    jobs = iter([windowed("tumbling"), windowed("sliding")])
    with pytest.raises(ConfigurationError, match="the checkpoint has the state 'slices'"):
        resumed(lambda env: next(jobs)(env), tmp_path, 1, 1)
