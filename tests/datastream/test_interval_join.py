"""Interval join: which records are paired, the time of results, late records."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Duration, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    DataStream,
    KeyedProcessFunction,
    KeyedStream,
    OutputTag,
    ProcessFunction,
    ProcessJoinFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors.python import PythonSource, Split

Env = StreamExecutionEnvironment


class AtEnd(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[-1])


IN_ORDER = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(AtEnd())


def collected(stream: DataStream) -> list[Any]:
    with stream.execute_and_collect() as results:  # type: ignore[union-attr]
        return list(results)


def keyed(env: Env, records: list[tuple[str, int]]) -> KeyedStream:
    return env.from_collection(records).assign_timestamps_and_watermarks(IN_ORDER).key_by(lambda record: record[0])


class Pairs(ProcessJoinFunction):
    def process_element(self, left: Any, right: Any, ctx: ProcessJoinFunction.Context) -> Iterator[Any]:
        assert (ctx.get_left_timestamp(), ctx.get_right_timestamp()) == (left[-1], right[-1])
        assert ctx.get_timestamp() == max(left[-1], right[-1])
        yield left[0], left[-1], right[-1]


#: Each key has its own times.
LEFT = [("a", 0), ("b", 1), ("a", 2), ("a", 2), ("b", 3), ("a", 7)]
RIGHT = [("a", 0), ("a", 1), ("b", 2), ("a", 4), ("b", 5), ("a", 6), ("c", 6), ("a", 9)]


@pytest.mark.parametrize(
    ("lower", "upper", "pairs"),
    [
        # a: 0 with 0 1, each 2 with 0 1, 7 with 6; b: 1 with 2, 3 with 2
        (-2, 1, "a00 a01 a20 a20 a21 a21 a76 b12 b32"),
        # right is later: a: each 2 with 4, 7 with 9; b: 3 with 5
        (2, 2, "a24 a24 a79 b35"),
        # right is earlier: a: each 2 with 0 1, 7 with 4 6; b: 3 with 2
        (-3, -1, "a20 a20 a21 a21 a74 a76 b32"),
    ],
)
def test_records_of_a_key_within_the_bounds_are_paired(env: Env, lower: int, upper: int, pairs: str) -> None:
    joined = keyed(env, LEFT).interval_join(keyed(env, RIGHT))
    bounded = joined.between(Time.milliseconds(lower), Duration.of_millis(upper))
    results = collected(bounded.process(Pairs()))
    assert sorted(f"{key}{left}{right}" for key, left, right in results) == pairs.split()


@pytest.mark.parametrize(
    ("exclusive", "differences"),
    [((), [0, 1, 2]), (("lower",), [1, 2]), (("upper",), [0, 1]), (("lower", "upper"), [1])],
)
def test_bounds_can_be_left_out(single: Env, exclusive: tuple[str, ...], differences: list[int]) -> None:
    left, right = keyed(single, [("a", 5)]), keyed(single, [("a", n) for n in range(10)])
    joined = left.interval_join(right).in_event_time().between(Time.milliseconds(0), Time.milliseconds(2))
    for bound in exclusive:
        joined = joined.lower_bound_exclusive() if bound == "lower" else joined.upper_bound_exclusive()
    assert sorted(right - left for _, left, right in collected(joined.process(Pairs()))) == differences


class Times(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def test_results_have_the_later_time_of_the_two(single: Env) -> None:
    joined = keyed(single, [("a", 3), ("a", 8)]).interval_join(keyed(single, [("a", 5), ("a", 6)]))
    results = collected(joined.between(Time.milliseconds(-9), Time.milliseconds(9)).process(Pairs()).process(Times()))
    assert sorted(results) == [
        (("a", 3, 5), 5),
        (("a", 3, 6), 6),
        (("a", 8, 5), 8),
        (("a", 8, 6), 8),
    ]


def test_the_function_is_opened_and_closed_and_may_use_side_outputs(single: Env) -> None:
    odd = OutputTag("odd", Types.STRING())
    events: list[str] = []

    class Sides(ProcessJoinFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            events.append("open")
            self.name = runtime_context.get_task_name()

        def close(self) -> None:
            events.append("close")

        def process_element(self, left: Any, right: Any, ctx: ProcessJoinFunction.Context) -> Any:
            return [(odd, self.name)] if right[-1] % 2 else [right]

    joined = keyed(single, [("a", 1)]).interval_join(keyed(single, [("a", 1), ("a", 2)]))
    main = joined.between(Time.seconds(-1), Time.seconds(1)).process(Sides()).name("sides")
    assert collected(main.get_side_output(odd).union(main.map(str, Types.STRING()))) in (
        ["sides", "('a', 2)"],
        ["('a', 2)", "sides"],
    )
    assert events == ["open", "close"]


# --- late records


class Late(PythonSource):
    """Records up to 10, and one at 1 once the watermark has passed 5 behind the join."""

    passed = threading.Event()

    def splits(self, runtime_context: RuntimeContext) -> list[str]:
        return ["all"]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[Any, int] | None]:
        yield ("a", 10), 1
        while not self.passed.is_set():
            yield None
        yield ("a", 1), 2


class TellAt5(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        ctx.timer_service().register_event_time_timer(5)
        yield value

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> None:
        Late.passed.set()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("tagged", [True, False], ids=["tagged", "dropped"])
def test_late_records(single: Env, side: str, tagged: bool) -> None:
    Late.passed.clear()
    late = single.from_source(Late(), IN_ORDER, "late").key_by(lambda record: record[0])
    other = keyed(single, [("a", 10)])
    joined = late.interval_join(other) if side == "left" else other.interval_join(late)
    bounded = joined.between(Time.seconds(-1), Time.seconds(1))
    tag = OutputTag("late", Types.PICKLED_BYTE_ARRAY())
    if tagged:
        add = bounded.side_output_left_late_data if side == "left" else bounded.side_output_right_late_data
        bounded = add(tag)
    results = bounded.process(Pairs()).name("join")
    seen: list[Any] = []
    results.get_side_output(tag).map(lambda record: seen.append(("late", record))).print()
    results.key_by(lambda pair: pair[0]).process(TellAt5()).map(lambda pair: seen.append(pair)).print()
    outcome = single.execute()
    assert sorted(seen, key=str) == [("a", 10, 10), *([("late", ("a", 1))] if tagged else [])]
    counters = outcome.get_metrics()["join"]
    assert counters.get("numLateRecordsDropped", 0) == (0 if tagged else 1)


# --- mistakes


def test_mistakes_are_named(single: Env) -> None:
    left, right = keyed(single, [("a", 1)]), keyed(single, [("a", 1)])
    with pytest.raises(TypeError, match=r"interval_join\(\) takes a keyed stream"):
        left.interval_join(single.from_collection([1]))  # type: ignore[arg-type]
    joined = left.interval_join(right)
    with pytest.raises(ValueError, match="only supported in event time"):
        joined.in_processing_time()
    with pytest.raises(TypeError, match=r"between\(\) takes times such as Time.seconds\(-5\), not 5"):
        joined.between(5, 6)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="extends ProcessJoinFunction"):
        joined.between(Time.seconds(0), Time.seconds(1)).process(lambda left, right, ctx: [])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="lower_bound <= upper_bound must be fulfilled, not 1 ms and 0 ms"):
        joined.between(Time.seconds(0), Time.seconds(0)).lower_bound_exclusive().process(Pairs())


def test_records_need_timestamps(single: Env) -> None:
    stream = single.from_collection([("a", 1)]).key_by(lambda record: record[0])
    joined = stream.interval_join(keyed(single, [("a", 1)])).between(Time.seconds(0), Time.seconds(1))
    with pytest.raises(ValueError, match="need to have meaningful timestamps") as failure:
        collected(joined.process(Pairs()))
    assert failure.value.__notes__[0].startswith("in operator 'Interval Join' (test_interval_join.py:")
