"""Evictors: which records a window has left before and after its function. Figures by hand from Flink's description."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from flott.common import Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import KeyedStream, StreamExecutionEnvironment
from flott.datastream.functions import AggregateFunction, AllWindowFunction, ProcessWindowFunction, WindowFunction
from flott.datastream.window import (
    CountEvictor,
    CountTrigger,
    DeltaEvictor,
    EventTimeSessionWindows,
    Evictor,
    GlobalWindows,
    PurgingTrigger,
    TimeEvictor,
    TumblingEventTimeWindows,
)
from flott.testing import collect

Env = StreamExecutionEnvironment


class ThirdField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[2]
        return time


class Values(WindowFunction[Any, Any, str, Any]):
    """What is left in the window."""

    def apply(self, key: str, window: Any, inputs: Iterable[Any]) -> Iterable[Any]:
        yield key, [record[1] for record in inputs]


class AllValues(AllWindowFunction[Any, Any, Any]):
    def apply(self, window: Any, inputs: Iterable[Any]) -> Iterable[Any]:
        yield [record[1] for record in inputs]


class Sum(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + int(value[1])

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


def of_key(env: Env, values: list[Any], times: list[int] | None = None) -> KeyedStream:
    """Records of the key `a` with these values."""
    env.set_parallelism(1)
    if times is None:
        return env.from_collection([("a", value) for value in values]).key_by(lambda record: record[0])
    records = [("a", value, time) for value, time in zip(values, times, strict=True)]
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(ThirdField())
    timed = env.from_collection(records).assign_timestamps_and_watermarks(strategy)
    return timed.key_by(lambda record: record[0])


def windows(stream: KeyedStream, evictor: Evictor[Any, Any], every: int) -> list[Any]:
    """What the window function is given each time, when it is called every so many records."""
    windowed = stream.window(GlobalWindows.create()).trigger(CountTrigger.of(every)).evictor(evictor)
    return [values for _, values in collect(windowed.apply(Values()))]


def test_the_last_records_of_a_count_are_kept(env: Env) -> None:
    # fires at 2, 4 and 6; the last three of what there is
    expected = [[1, 2], [2, 3, 4], [4, 5, 6]]
    assert windows(of_key(env, [1, 2, 3, 4, 5, 6]), CountEvictor.of(3), every=2) == expected


def test_evicting_after_the_function(env: Env) -> None:
    # it sees what was left of the time before, and what has come since
    expected = [[1, 2], [2, 3, 4], [4, 5, 6]]
    assert windows(of_key(env, [1, 2, 3, 4, 5, 6]), CountEvictor.of(1, True), every=2) == expected


def test_records_of_the_last_two_seconds_are_kept(env: Env) -> None:
    # the newest is at 3000, then at 6000: what is at 1000, then at 4000 or before, goes, in whatever order it came
    stream = of_key(env, ["a", "b", "c", "d"], [1_000, 3_000, 6_000, 4_001])
    assert windows(stream, TimeEvictor.of(Time.seconds(2)), every=2) == [["b"], ["c", "d"]]


def test_records_without_timestamps_never_grow_old(env: Env) -> None:
    assert windows(of_key(env, [1, 2, 3, 4]), TimeEvictor.of(Time.milliseconds(1)), every=2) == [[1, 2], [1, 2, 3, 4]]


def distance(record: Any, last: Any) -> float:
    difference: float = last[1] - record[1]
    return difference


class Distance:
    """As Flink's DeltaFunction."""

    def get_delta(self, old_data_point: Any, new_data_point: Any) -> float:
        return distance(old_data_point, new_data_point)


@pytest.mark.parametrize("function", [distance, Distance()])
def test_records_far_from_the_last_go(env: Env, function: Any) -> None:
    # at 4: distances 3, 0; at 5: 1 (of the 4), 4 (of the 1), 0
    stream = of_key(env, [1, 4, 1, 5])
    assert windows(stream, DeltaEvictor.of(2, function), every=2) == [[4], [4, 5]]


def test_a_function_that_measures_wrongly_is_named(env: Env) -> None:
    stream = of_key(env, [1, 2])
    with pytest.raises(ZeroDivisionError) as raised:
        windows(stream, DeltaEvictor.of(1, lambda record, last: 1 / 0), every=2)
    assert "GlobalWindows" in str(raised.value.__notes__)


def test_reduce_takes_what_is_left(env: Env) -> None:
    windowed = of_key(env, [1, 2, 3, 4]).window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    sums = windowed.evictor(CountEvictor.of(3)).reduce(lambda one, other: (one[0], one[1] + other[1]))
    # 1 + 2; 2 + 3 + 4
    assert collect(sums) == [("a", 3), ("a", 9)]


def test_aggregate_takes_what_is_left(env: Env) -> None:
    windowed = of_key(env, [1, 2, 3, 4]).window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    assert collect(windowed.evictor(CountEvictor.of(3)).aggregate(Sum(), output_type=Types.LONG())) == [3, 9]


def test_aggregate_with_a_window_function(env: Env) -> None:
    class Named(ProcessWindowFunction[Any, Any, str, Any]):
        def process(self, key: str, context: Any, elements: Iterable[Any]) -> Iterable[Any]:
            yield key, list(elements)

    windowed = of_key(env, [1, 2, 3, 4]).window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    assert collect(windowed.evictor(CountEvictor.of(3)).aggregate(Sum(), Named())) == [("a", [3]), ("a", [9])]


def test_windows_of_event_time(env: Env) -> None:
    stream = of_key(env, [1, 2, 3, 4], [0, 10, 20, 1_000])
    windowed = stream.window(TumblingEventTimeWindows.of(Time.seconds(1))).evictor(CountEvictor.of(2))
    assert collect(windowed.apply(Values())) == [("a", [2, 3]), ("a", [4])]


def test_sessions_keep_their_records_when_they_merge(env: Env) -> None:
    # 0 and 1500 are two sessions of 1000 until 700 comes
    stream = of_key(env, [1, 2, 3], [0, 1_500, 700])
    windowed = stream.window(EventTimeSessionWindows.with_gap(Time.seconds(1))).evictor(TimeEvictor.of(Time.seconds(1)))
    # the newest is at 1500, so that of 500 and before goes; contents join in the order of the sessions
    assert [sorted(values) for _, values in collect(windowed.apply(Values()))] == [[2, 3]]


def test_windows_of_all_records(env: Env) -> None:
    env.set_parallelism(1)
    stream = env.from_collection([("a", 1), ("b", 2), ("c", 3), ("d", 4)])
    windowed = stream.window_all(GlobalWindows.create()).trigger(CountTrigger.of(2)).evictor(CountEvictor.of(3))
    assert collect(windowed.apply(AllValues())) == [[1, 2], [2, 3, 4]]


def test_a_trigger_that_purges_leaves_nothing_to_keep(env: Env) -> None:
    windowed = of_key(env, [1, 2, 3, 4]).window(GlobalWindows.create())
    windowed = windowed.trigger(PurgingTrigger.of(CountTrigger.of(2))).evictor(CountEvictor.of(3))
    assert [values for _, values in collect(windowed.apply(Values()))] == [[1, 2], [3, 4]]


class Told(Evictor[Any, Any]):
    """Removes odd numbers before, and numbers over 4 after; all copies remember what they were told."""

    told: list[Any] = []

    def evict_before(self, elements: list[Any], size: int, window: Any, ctx: Evictor.EvictorContext) -> None:
        at = elements[0].get_timestamp() if elements[0].has_timestamp() else None
        self.told.append(
            (size, len(elements), at, ctx.get_current_watermark(), isinstance(ctx, Evictor.EvictorContext))
        )
        ctx.get_metric_group().counter("asked").inc()
        elements[:] = [element for element in elements if element.get_value()[1] % 2 == 0]

    def evict_after(self, elements: list[Any], size: int, window: Any, ctx: Evictor.EvictorContext) -> None:
        elements[:] = [element for element in elements if element.get_value()[1] <= 4]


def test_an_evictor_of_ones_own(env: Env) -> None:
    Told.told.clear()
    # first 1, 2, 6 without the 1; 6 goes behind it; then 2, 3, 4, 8 without the 3
    assert windows(of_key(env, [1, 2, 6, 3, 4, 8]), Told(), every=3) == [[2, 6], [2, 4, 8]]
    least = -9223372036854775808
    assert Told.told == [(3, 3, None, least, True), (4, 4, None, least, True)]


def test_an_evictor_sees_event_time(env: Env) -> None:
    Told.told.clear()
    stream = of_key(env, [1, 2], [5, 7])
    collect(stream.window(TumblingEventTimeWindows.of(Time.seconds(1))).evictor(Told()).apply(Values()))
    # the window of 0 to 1000 fires at the end of the input
    assert Told.told == [(2, 2, 5, 9223372036854775807, True)]


def test_a_function_is_called_for_a_window_of_which_nothing_is_left(env: Env) -> None:
    assert windows(of_key(env, [1, 2]), CountEvictor.of(0), every=2) == [[]]


def test_reduce_makes_nothing_of_nothing(env: Env) -> None:
    windowed = of_key(env, [1, 2]).window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    assert collect(windowed.evictor(CountEvictor.of(0)).reduce(lambda one, other: one)) == []


def test_an_evictor_may_only_remove(env: Env) -> None:
    class Adds(Evictor[Any, Any]):
        def evict_before(self, elements: list[Any], size: int, window: Any, ctx: Evictor.EvictorContext) -> None:
            elements.append(("a", 5))

        def evict_after(self, elements: list[Any], size: int, window: Any, ctx: Evictor.EvictorContext) -> None:
            pass

    with pytest.raises(TypeError, match="may only remove"):
        windows(of_key(env, [1, 2]), Adds(), every=2)


def test_what_is_no_evictor_is_refused(env: Env) -> None:
    windowed = of_key(env, [1]).window(GlobalWindows.create())
    with pytest.raises(TypeError, match=r"CountEvictor\.of"):
        windowed.evictor(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not -1"):
        CountEvictor.of(-1)
    with pytest.raises(TypeError, match="function of two records"):
        DeltaEvictor.of(1, 5)
