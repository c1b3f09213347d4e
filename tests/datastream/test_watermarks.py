"""Watermarks: where they come from, what they wait for, and how idle streams and sources let them pass."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flott._flott import gate_entries
from flott.common import Configuration, Duration, WatermarkStrategy
from flott.common.watermark_strategy import (
    TimestampAssigner,
    Watermark,
    WatermarkGenerator,
    WatermarkGeneratorSupplier,
    WatermarkOutput,
)
from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.connectors.python import PythonSource, Split
from flott.datastream.functions import CoProcessFunction, ProcessFunction, RuntimeContext
from flott.testing import Harness, collect

Env = StreamExecutionEnvironment

NO_WATERMARK = -(2**63)
END_OF_TIME = 2**63 - 1


class Itself(TimestampAssigner):
    """A record is its own event time, in ms."""

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


class Sees(ProcessFunction):
    """A record with the watermark in front of it."""

    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timer_service().current_watermark()


class SeesBoth(CoProcessFunction):
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timer_service().current_watermark()

    process_element2 = process_element1


def each_record(**options: str) -> Env:
    """Periodic watermarks come behind each record."""
    configuration = Configuration().set_integer("flott.watermark-every", 1)
    for key, value in options.items():
        configuration.set_string(key, value)
    return Env.get_execution_environment(configuration)


def seen(strategy: WatermarkStrategy, *times: int) -> list[tuple[int, int]]:
    timed = (
        each_record()
        .from_collection(list(times))
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Itself()))
    )
    return collect(timed.process(Sees()))


class Tenfold(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return 10 * int(value)


class Times(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def test_a_stream_keeps_the_assigner_of_a_strategy_that_gets_another_one_later(env: Env) -> None:
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Itself())
    first = env.from_collection([7]).assign_timestamps_and_watermarks(strategy)
    source = env.from_source(NumberSequenceSource(7, 7), strategy, "numbers")
    second = first.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Tenfold()))
    assert [collect(stream.process(Times())) for stream in (first, source, second)] == [[(7, 7)], [(7, 7)], [(7, 70)]]


# --- the strategies that are there


def test_monotonous_timestamps_trail_the_newest_record_by_a_millisecond(batch_size: int | None) -> None:
    # a record of the same time may still come: 10 - 1
    found = seen(WatermarkStrategy.for_monotonous_timestamps(), 10, 30, 20, 40)
    assert found == [(10, NO_WATERMARK), (30, 9), (20, 29), (40, 29)]


def test_bounded_out_of_orderness_trails_by_the_bound_too(batch_size: int | None) -> None:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5))
    assert seen(strategy, 10, 30, 20) == [(10, NO_WATERMARK), (30, 4), (20, 24)]


def test_no_watermarks_but_the_last(batch_size: int | None) -> None:
    assert seen(WatermarkStrategy.no_watermarks(), 10, 30) == [(10, NO_WATERMARK), (30, NO_WATERMARK)]


# --- generators written in Python


class Tens(WatermarkGenerator):
    """Records that are multiples of ten are watermarks themselves."""

    def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
        if event_timestamp % 10 == 0:
            output.emit_watermark(event_timestamp)


class Turns(PythonSource):
    """Splits with their records, read in turn."""

    def __init__(self, **splits: list[int]) -> None:
        self.records = splits

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split(name, 0) for name in self.records]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int]]:
        for n, record in enumerate(self.records[split.id]):
            yield record, n


TIMES = [1, 10, 5, 20, 30, 29, 31]
# the watermark is that of the last ten before each record, wherever batches end
BEHIND_TENS = list(zip(TIMES, [NO_WATERMARK, NO_WATERMARK, 10, 10, 20, 30, 30], strict=True))


def tens() -> WatermarkStrategy:
    return WatermarkStrategy.for_generator(Tens).with_timestamp_assigner(Itself())


def test_a_watermark_holds_right_behind_the_record_that_it_came_with(batch_size: int | None) -> None:
    env = Env.get_execution_environment()
    timed = env.from_collection(TIMES).assign_timestamps_and_watermarks(tens())
    assert collect(timed.process(Sees())) == BEHIND_TENS


def test_the_same_in_a_source(batch_size: int | None) -> None:
    env = Env.get_execution_environment()
    assert collect(env.from_source(Turns(a=TIMES), tens(), "tens").process(Sees())) == BEHIND_TENS


def test_each_split_of_a_source_has_a_generator_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", "1")
    env = Env.get_execution_environment()
    found = dict(collect(env.from_source(Turns(a=[10, 20, 40], b=[30, 50, 60]), tens(), "two").process(Sees())))
    # 10 30 20 50 40 60: the watermark is the lesser of the two splits'
    assert found == {10: NO_WATERMARK, 30: NO_WATERMARK, 20: 10, 50: 20, 40: 20, 60: 40}


def test_periodic_watermarks_come_behind_a_number_of_records(batch_size: int | None) -> None:
    class EveryThird(WatermarkGenerator):
        newest = 0

        def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
            self.newest = event_timestamp

        def on_periodic_emit(self, output: WatermarkOutput) -> None:
            output.emit_watermark(Watermark(self.newest))

    configuration = Configuration().set_integer("flott.watermark-every", 3)
    configuration.set_string("pipeline.auto-watermark-interval", "1 h")
    env = Env.get_execution_environment(configuration)
    strategy = WatermarkStrategy.for_generator(EveryThird).with_timestamp_assigner(Itself())
    timed = env.from_collection([1, 2, 3, 4, 5, 6, 7]).assign_timestamps_and_watermarks(strategy)
    expected = [NO_WATERMARK] * 3 + [3] * 3 + [6]
    assert [watermark for _, watermark in collect(timed.process(Sees()))] == expected


def test_a_periodic_generator_is_asked_without_records_too(flott_harness: Harness) -> None:
    h = flott_harness

    class Clock(WatermarkGenerator):
        """Event time is processing time."""

        def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
            pass

        def on_periodic_emit(self, output: WatermarkOutput) -> None:
            output.emit_watermark(h.processing_time_seen)  # type: ignore[attr-defined]

    h.processing_time_seen = 100  # type: ignore[attr-defined]
    timed = h.source("records").assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(Clock))
    assert h.current_watermark(timed) is None
    # the interval is 200 ms unless set
    h.advance(199)
    assert h.current_watermark(timed) is None
    h.advance(1)
    assert h.current_watermark(timed) == 100


def test_a_generator_is_entered_once_a_batch() -> None:
    calls = []

    class Counts(WatermarkGenerator):
        def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
            calls.append(event)

    timed = Env.get_execution_environment().from_collection(list(range(10_000)))
    before = gate_entries()
    collect(timed.assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(Counts)))
    # batches of up to 1024: some 20 with those that are small at the start, a few entries each
    assert len(calls) == 10_000
    assert gate_entries() - before < 200


def test_suppliers(batch_size: int | None) -> None:
    class Every(WatermarkGenerator):
        def __init__(self, step: int) -> None:
            self.step = step

        def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
            if event_timestamp % self.step == 0:
                output.emit_watermark(event_timestamp)

    class Supplier(WatermarkGeneratorSupplier):
        def create_watermark_generator(self) -> WatermarkGenerator:
            return Every(10)

    for supplier in (Supplier(), lambda: Every(10)):
        strategy = WatermarkStrategy.for_generator(supplier).with_timestamp_assigner(Itself())
        timed = Env.get_execution_environment().from_collection(TIMES).assign_timestamps_and_watermarks(strategy)
        assert collect(timed.process(Sees())) == BEHIND_TENS


def test_a_generator_may_say_that_nothing_will_come(flott_harness: Harness) -> None:
    h = flott_harness

    class Says(WatermarkGenerator):
        def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
            if event == "idle":
                output.mark_idle()
            elif event == "active":
                output.mark_active()
            else:
                output.emit_watermark(event)

    a = h.source("a").assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(Says))
    both = a.connect(h.source("b")).process(SeesBoth())
    h.feed("a", 10)
    h.watermark("b", 50)
    assert h.current_watermark(both) == 10
    h.feed("a", "idle")
    assert h.current_watermark(both) == 50
    h.watermark("b", 60)
    assert h.current_watermark(both) == 60
    h.feed("a", "active")
    h.watermark("b", 70)
    assert h.current_watermark(both) == 60, "a is waited for again"
    h.feed("a", 65)
    assert h.current_watermark(both) == 65


def test_in_batch_mode_no_generator_is_asked() -> None:
    from flott.datastream import RuntimeExecutionMode

    env = Env.get_execution_environment()
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    timed = env.from_collection(TIMES).assign_timestamps_and_watermarks(tens())
    assert collect(timed.process(Sees())) == [(time, NO_WATERMARK) for time in TIMES]


def test_a_failing_generator_is_named() -> None:
    class Fails(WatermarkGenerator):
        def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
            output.emit_watermark(event["time"])

    timed = Env.get_execution_environment().from_collection([{"time": 1}, {"time": "two"}])
    with pytest.raises(TypeError, match=r"emit_watermark\(\) takes a Watermark or milliseconds .*not 'two'") as failure:
        collect(timed.assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(Fails)))
    note = failure.value.__notes__[0]  # type: ignore[attr-defined]
    assert note.startswith("in operator 'Timestamps/Watermarks' (test_watermarks.py:")
    assert note.endswith("while processing: {'time': 'two'}")
    assert failure.traceback[-1].name == "on_event"


def test_wrong_suppliers_are_refused() -> None:
    with pytest.raises(TypeError, match=r"pass Tens or lambda: Tens\(\.\.\.\)"):
        WatermarkStrategy.for_generator(Tens())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not 5"):
        WatermarkStrategy.for_generator(5)  # type: ignore[arg-type]
    timed = Env.get_execution_environment().from_collection([1])
    with pytest.raises(TypeError, match="must make a WatermarkGenerator, not 'x'"):
        collect(timed.assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(lambda: "x")))  # type: ignore[arg-type,return-value]


def test_a_running_job_tells_how_far_it_is() -> None:
    held, seen = threading.Event(), threading.Event()

    def hold(value: int) -> int:
        if value == 40:
            seen.set()
            assert held.wait(30)
        return value

    timed = (
        each_record()
        .from_collection([10, 30, 40])
        .assign_timestamps_and_watermarks(
            WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
        )
    )
    timed.map(hold).name("hold").print()
    client = timed._env.execute_async()
    assert seen.wait(30)
    watermarks = client.get_watermarks().result()
    # nothing but the end comes from the collection; 29 came in front of 40
    assert (watermarks["Timestamps/Watermarks"], watermarks["hold"]) == (None, 29)
    held.set()
    client.get_job_execution_result().result()
    assert client.get_watermarks().result()["hold"] == END_OF_TIME


# --- idle streams


def idle_after(millis: int) -> WatermarkStrategy:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    return strategy.with_idleness(Duration.of_millis(millis))


def joined(h: Harness, how: str, strategy: WatermarkStrategy) -> DataStream:
    a = h.source("a").map(lambda value: value).assign_timestamps_and_watermarks(strategy)
    b = h.source("b")
    return a.union(b).process(Sees()) if how == "union" else a.connect(b).process(SeesBoth())


@pytest.mark.parametrize("how", ["union", "connect"])
def test_an_idle_stream_does_not_hold_the_other_back(flott_harness: Harness, how: str) -> None:
    h = flott_harness
    both = joined(h, how, idle_after(500))
    h.feed("a", 100)
    h.watermark("b", 1_000)
    assert h.current_watermark(both) == 99
    h.set_processing_time(499)
    assert h.current_watermark(both) == 99
    h.set_processing_time(500)
    assert h.current_watermark(both) == 1_000


@pytest.mark.parametrize("how", ["union", "connect"])
def test_it_counts_again_with_its_next_record_and_time_does_not_go_back(flott_harness: Harness, how: str) -> None:
    h = flott_harness
    both = joined(h, how, idle_after(500))
    h.feed("a", 100)
    h.watermark("b", 1_000)
    h.set_processing_time(500)
    h.feed("a", 600)
    assert h.output(both)[-1] == (600, 1_000), "late, and it sees the time that has come"
    h.feed("a", 1_500)
    h.watermark("b", 2_000)
    # a has caught up: 1500 - 1
    assert h.current_watermark(both) == 1_499


@pytest.mark.parametrize("how", ["union", "connect"])
def test_when_all_are_idle_time_stands_still(flott_harness: Harness, how: str) -> None:
    h = flott_harness
    both = joined(h, how, idle_after(500))
    further = both.process(Sees())
    h.feed("a", 100)
    h.watermark("b", 50)
    h.mark_idle("b")
    assert h.current_watermark(further) == 99
    h.set_processing_time(500)
    assert h.current_watermark(further) == 99
    h.watermark("b", 300)
    assert h.current_watermark(further) == 300


def test_idleness_goes_through_exchanges() -> None:
    with Harness(parallelism=3) as h:
        keyed = h.source("a").assign_timestamps_and_watermarks(idle_after(500)).rebalance().map(lambda value: value)
        both = keyed.connect(h.source("b").rebalance()).process(SeesBoth())
        h.feed("a", 100)
        h.watermark("b", 1_000)
        assert h.current_watermark(both) == 99
        h.set_processing_time(500)
        assert h.current_watermark(both) == 1_000


class Waiting(PythonSource):
    """Splits that stay open; a record of ``feed`` is read as soon as it is there."""

    bounded = False

    def __init__(self, *names: str, discovery_interval_ms: int | None = None) -> None:
        self.feed: dict[str, list[int]] = {name: [] for name in names}
        self.discovery_interval_ms = discovery_interval_ms

    def splits(self, runtime_context: RuntimeContext) -> list[str]:
        return list(self.feed)

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int] | None]:
        records = self.feed[split.id]
        while True:
            yield (records.pop(0), 0) if records else None


def test_an_idle_split_does_not_hold_its_source_back() -> None:
    with Harness() as h:
        source = Waiting("p0", "p1")
        read = h.env.from_source(source, idle_after(500), "partitions").process(Sees())
        source.feed["p0"] += [100, 200]
        h.advance(0)
        assert h.current_watermark(read) is None, "nothing is known of p1"
        h.set_processing_time(500)
        assert h.current_watermark(read) == 199
        source.feed["p1"] += [300, 400]
        h.advance(1)
        # p0 is idle since 500
        assert h.current_watermark(read) == 399
        source.feed["p0"] += [350]
        h.advance(1)
        source.feed["p1"] += [500]
        h.advance(1)
        assert h.current_watermark(read) == 399, "350 - 1 is behind, and p0 is waited for"


def test_subtasks_without_a_split_hold_nobody_back() -> None:
    with Harness(parallelism=3) as h:
        source = Waiting("p0", discovery_interval_ms=1_000)
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
        read = h.env.from_source(source, strategy, "one partition").rebalance().process(Sees())
        source.feed["p0"] += [100, 200]
        h.advance(1)
        assert h.current_watermark(read) == 199
        # a split that is found later is some other subtask's, and is waited for once it has caught up
        source.feed["p1"] = [250]
        h.advance(1_000)
        source.feed["p0"] += [300]
        h.advance(1)
        assert h.current_watermark(read) == 249


def test_nor_do_they_where_timestamps_are_assigned_behind_the_source() -> None:
    with Harness(parallelism=3) as h:
        source = Waiting("p0", discovery_interval_ms=1_000)
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
        read = h.env.from_source(source, WatermarkStrategy.no_watermarks(), "one partition")
        timed = read.assign_timestamps_and_watermarks(strategy).rebalance().process(Sees())
        source.feed["p0"] += [100, 200]
        h.advance(1)
        assert h.current_watermark(timed) == 199


# --- alignment


class Numbers(PythonSource):
    """The numbers up to `end`, one split for each start."""

    def __init__(self, end: int, *starts: int) -> None:
        self.end = end
        self.starts = starts

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split(f"from {start}", start) for start in self.starts]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int]]:
        for n in range(split.position, self.end):
            yield n, n + 1


def aligned(group: str = "g") -> WatermarkStrategy:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    return strategy.with_watermark_alignment(group, Duration.of_millis(100), Duration.of_millis(50))


def run_two(monkeypatch: pytest.MonkeyPatch, seed: int, groups: tuple[str, str]) -> list[tuple[str, int]]:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", "5")
    order: list[tuple[str, int]] = []
    with Harness(seed=seed) as h:
        early = h.env.from_source(Numbers(2_000, 0), aligned(groups[0]), "early")
        late = h.env.from_source(Numbers(2_000, 1_000), aligned(groups[1]), "late")
        early.map(lambda n: order.append(("early", n)))
        late.map(lambda n: order.append(("late", n)))
        h.processing_time()
    return order


@pytest.mark.parametrize("seed", range(5))
def test_a_source_that_is_ahead_waits_for_its_group(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    order = run_two(monkeypatch, seed, ("g", "g"))
    assert sorted(order) == [("early", n) for n in range(2_000)] + [("late", n) for n in range(1_000, 2_000)]
    # the late one is 1000 ms ahead with its first record, and goes on when the other is 100 ms behind: a few batches of
    # 5 are read until they have heard of each other
    before = [time for name, time in order[: order.index(("early", 800))] if name == "late"]
    assert len(before) <= 20


def test_sources_of_other_groups_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    order = run_two(monkeypatch, 0, ("g", "other"))
    assert order.index(("late", 1_999)) < order.index(("early", 1_900))


def test_splits_of_one_source_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", "5")
    read = collect(each_record().from_source(Numbers(2_000, 0, 1_000), aligned(), "two"))
    assert sorted(read) == sorted([*range(2_000), *range(1_000, 2_000)])
    assert read.index(1_100) > 700, "the second split waits at 1000 until the first has come to 900"


def test_idle_sources_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", "5")
    with Harness() as h:
        behind = Waiting("p0")
        order: list[int] = []
        h.env.from_source(behind, aligned().with_idleness(Duration.of_millis(500)), "behind").print()
        h.env.from_source(Numbers(1_000, 0), aligned(), "ahead").map(order.append)
        behind.feed["p0"] += [0, 1]
        h.advance(100)
        before = len(order)
        h.advance(1_000)
        assert len(order) == 1_000 > before


def test_alignment_in_the_middle_of_a_stream_says_that_it_has_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "flott"):
        Env.get_execution_environment().from_collection([1]).assign_timestamps_and_watermarks(aligned())
    assert "with_watermark_alignment() has no effect in assign_timestamps_and_watermarks()" in caplog.text
