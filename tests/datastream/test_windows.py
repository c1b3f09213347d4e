"""Windows: which records come together, when they are evaluated, and what functions are given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pytest

from flott.common import Configuration, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, KeyedStream, OutputTag, ProcessFunction, StreamExecutionEnvironment
from flott.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    KeyedStateStore,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    WindowFunction,
)
from flott.datastream.state import ReducingStateDescriptor, ValueStateDescriptor
from flott.datastream.window import (
    ContinuousEventTimeTrigger,
    CountTrigger,
    CountWindow,
    EventTimeSessionWindows,
    GlobalWindow,
    GlobalWindows,
    MergingWindowAssigner,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    TimeWindow,
    TimeWindowSerializer,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowAssigner,
)
from flott.testing import collect

Env = StreamExecutionEnvironment


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[1]
        return time


def timed(env: Env, records: list[Any]) -> DataStream:
    """Records `(key, time, …)`; the watermark follows at the end of the input only, whatever the size of batches."""
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(SecondField())
    return env.from_collection(records).assign_timestamps_and_watermarks(strategy)


def keyed(env: Env, records: list[Any]) -> KeyedStream:
    return timed(env, records).key_by(lambda record: record[0])


ORDERS = [("a", 1_000, 1), ("b", 2_000, 2), ("a", 4_999, 3), ("a", 5_000, 4), ("b", -1, 5), ("a", 3_000, 6)]


class Sum(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + int(value[2])

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


class Describe(ProcessWindowFunction[Any, Any, Any, TimeWindow]):
    """The key, the window, and what it has: the numbers of the records, or the one value that was kept."""

    def process(self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
        window = context.window()
        yield key, window.start, window.end, [e if isinstance(e, int) else e[2] for e in elements]


def test_tumbling_windows_of_event_time(env: Env) -> None:
    windows = keyed(env, ORDERS).window(TumblingEventTimeWindows.of(Time.seconds(5)))
    # a: 1 + 3 + 6 before 5 s, 4 after; b: 2, and 5 before 1970
    assert sorted(collect(windows.aggregate(Sum()))) == [2, 4, 5, 10]
    described = [("a", 0, 5_000, [1, 3, 6]), ("a", 5_000, 10_000, [4]), ("b", -5_000, 0, [5]), ("b", 0, 5_000, [2])]
    assert sorted(collect(windows.process(Describe()))) == described
    summed = [("a", 0, 5_000, [10]), ("a", 5_000, 10_000, [4]), ("b", -5_000, 0, [5]), ("b", 0, 5_000, [2])]
    assert sorted(collect(windows.aggregate(Sum(), Describe()))) == summed
    last = windows.reduce(lambda a, b: (a[0], max(a[1], b[1]), a[2] * 10 + b[2]))
    assert sorted(collect(last)) == [("a", 4_999, 136), ("a", 5_000, 4), ("b", -1, 5), ("b", 2_000, 2)]
    assert last.get_type() == windows.get_input_type()


def test_windows_fire_by_time_and_then_by_the_keys_arrival(single: Env) -> None:
    windows = keyed(single, ORDERS).window(TumblingEventTimeWindows.of(Time.seconds(5)))
    fired = [(key, start) for key, start, _, _ in collect(windows.process(Describe()))]
    assert fired == [("b", -5_000), ("a", 0), ("b", 0), ("a", 5_000)]


def test_an_offset_moves_windows(single: Env) -> None:
    windows = keyed(single, ORDERS).window(TumblingEventTimeWindows.of(Time.seconds(5), Time.milliseconds(-1)))
    assert sorted((key, start) for key, start, _, _ in collect(windows.process(Describe()))) == [
        ("a", -1), ("a", 4_999), ("b", -1),
    ]  # fmt: skip


def test_sliding_windows(env: Env) -> None:
    windows = keyed(env, [("a", 3_999, 1), ("a", 5_000, 2)]).window(
        SlidingEventTimeWindows.of(Time.seconds(3), Time.seconds(1))
    )
    assert sorted(collect(windows.process(Describe()))) == [
        ("a", 1_000, 4_000, [1]),
        ("a", 2_000, 5_000, [1]),
        ("a", 3_000, 6_000, [1, 2]),
        ("a", 4_000, 7_000, [2]),
        ("a", 5_000, 8_000, [2]),
    ]


SESSIONS = [("a", 0, 1), ("a", 20_000, 2), ("b", 9_000, 3), ("a", 9_999, 4), ("a", 30_000, 5), ("a", 15_000, 6)]


def test_sessions_merge(env: Env) -> None:
    # a: 0 and 9.999 are less than 10 s apart, 15 joins them with 20, and 30 begins where 20 ends
    windows = keyed(env, SESSIONS).window(EventTimeSessionWindows.with_gap(Time.seconds(10)))
    assert sorted(collect(windows.aggregate(Sum(), Describe()))) == [("a", 0, 40_000, [18]), ("b", 9_000, 19_000, [3])]
    (a, b) = sorted(collect(windows.process(Describe())))
    assert (a[:3], sorted(a[3])) == (("a", 0, 40_000), [1, 2, 4, 5, 6])
    assert b == ("b", 9_000, 19_000, [3])
    reduced = windows.reduce(lambda a, b: (a[0], min(a[1], b[1]), a[2] + b[2]), Describe())
    assert sorted(collect(reduced)) == [("a", 0, 40_000, [18]), ("b", 9_000, 19_000, [3])]


class GapOfRecord(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> int:
        gap: int = element[3]
        return gap


def test_sessions_whose_gap_is_the_records(single: Env) -> None:
    records = [("a", 0, 1, 5), ("a", 4, 2, 100), ("a", 103, 3, 1), ("a", 200, 4, 1)]
    windows = keyed(single, records).window(EventTimeSessionWindows.with_dynamic_gap(GapOfRecord()))
    # 0..5 meets 4..104, which has 103..104
    assert collect(windows.process(Describe())) == [("a", 0, 104, [1, 2, 3]), ("a", 200, 201, [4])]
    none = keyed(single, [("a", 0, 1, 0)]).window(EventTimeSessionWindows.with_dynamic_gap(GapOfRecord()))
    with pytest.raises(Exception, match="the gap of a session is 0 ms, and must be above 0"):
        collect(none.process(Describe()))


class Numbers(WindowFunction[Any, Any, Any, Any]):
    def apply(self, key: Any, window: Any, inputs: Iterable[Any]) -> Iterable[Any]:
        return [(key, [record[2] for record in inputs])]


class CountedWindow(ProcessWindowFunction[Any, Any, Any, CountWindow]):
    def process(self, key: Any, context: ProcessWindowFunction.Context[CountWindow], elements: Iterable[Any]) -> Any:
        yield key, context.window().id, [element[2] for element in elements]


def test_count_windows(env: Env) -> None:
    numbers = keyed(env, [("a", 0, n) for n in range(7)] + [("b", 0, 1)])
    # the last of a's seven and b's one do not fill a window
    assert collect(numbers.count_window(3).process(CountedWindow())) == [("a", 0, [0, 1, 2]), ("a", 1, [3, 4, 5])]
    # windows of 3 that begin every 2: at 0, 2 and 4
    sliding = collect(numbers.count_window(3, 2).process(CountedWindow()))
    assert sliding == [("a", 0, [0, 1, 2]), ("a", 1, [2, 3, 4]), ("a", 2, [4, 5, 6])]


def test_a_global_window_fires_by_its_trigger(env: Env) -> None:
    numbers = keyed(env, [("a", 0, n) for n in range(5)])
    windows = numbers.window(GlobalWindows.create())
    assert collect(windows.apply(Numbers())) == []
    assert collect(windows.trigger(CountTrigger.of(2)).apply(Numbers())) == [("a", [0, 1]), ("a", [0, 1, 2, 3])]
    purging = numbers.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(2)))
    assert collect(purging.apply(Numbers())) == [("a", [0, 1]), ("a", [2, 3])]


# --- watermarks while records come


@pytest.fixture
def one_by_one(batch_size: int | None) -> Env:
    """An environment in which the watermark passes behind each record, wherever batches end."""
    return Env.get_execution_environment(Configuration().set_integer("flott.watermark-every", 1))


def ascending(env: Env, records: list[Any]) -> KeyedStream:
    """The watermark is 1 below the latest time so far."""
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
    timed = env.from_collection(records).assign_timestamps_and_watermarks(strategy)
    return timed.key_by(lambda record: record[0])


LATE = OutputTag("late")
# at 11 the watermark is 10, behind the end 9 of the window that began at 0; at 15 it is 14
LATE_RECORDS = [("a", 1, 1), ("a", 11, 2), ("a", 2, 3), ("a", 15, 4), ("a", 3, 5)]


def test_late_records_go_to_their_output(one_by_one: Env) -> None:
    windows = ascending(one_by_one, LATE_RECORDS).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    processed = windows.side_output_late_data(LATE).process(Describe())
    assert collect(processed) == [("a", 0, 10, [1]), ("a", 10, 20, [2, 4])]
    assert collect(processed.get_side_output(LATE)) == [("a", 2, 3), ("a", 3, 5)]


def test_late_records_without_an_output_are_counted(one_by_one: Env) -> None:
    windows = ascending(one_by_one, LATE_RECORDS).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    windows.process(Describe()).name("windows").map(lambda record: record).print()
    client = one_by_one.execute_async("late")
    client.get_job_execution_result().result()
    counters = {name: counters for _, name, _, counters in client._job._job.metrics()}  # type: ignore[attr-defined]
    assert counters["windows"]["numLateRecordsDropped"] == 2


def test_a_watermark_comes_behind_a_thousand_records(batch_size: int | None) -> None:
    # a record of time 0 is late behind the first 1000, whatever the batches, and not before
    env = Env.get_execution_environment(Configuration().set_string("pipeline.auto-watermark-interval", "1 d"))
    records = [("a", 100, 1)] * 999 + [("a", 0, 2)] + [("a", 0, 3)]
    windows = ascending(env, records).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    late = windows.side_output_late_data(LATE).aggregate(Sum(), Describe()).get_side_output(LATE)
    assert collect(late) == [("a", 0, 3)]


def test_a_window_waits_for_late_records(one_by_one: Env) -> None:
    windows = ascending(one_by_one, LATE_RECORDS).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    processed = windows.allowed_lateness(5).side_output_late_data(LATE).process(Describe())
    # it ends at 9 + 5 = 14: the record at 2 comes before and fires again, that at 3 comes when the watermark is 14
    assert collect(processed) == [("a", 0, 10, [1]), ("a", 0, 10, [1, 3]), ("a", 10, 20, [2, 4])]
    assert collect(processed.get_side_output(LATE)) == [("a", 3, 5)]


def test_a_continuous_trigger_fires_early(one_by_one: Env) -> None:
    records = [("a", 1, 1), ("a", 12, 2), ("a", 27, 3)]
    windows = ascending(one_by_one, records).window(TumblingEventTimeWindows.of(Time.milliseconds(100)))
    fired = windows.trigger(ContinuousEventTimeTrigger.of(Time.milliseconds(10))).process(Describe())
    # at 10 behind the record of 12 (watermark 11), at 20 behind that of 27, then at 30, 40, … 90 and at the end, 99
    assert [numbers for _, _, _, numbers in collect(fired)] == [[1, 2], [1, 2, 3], *[[1, 2, 3]] * 8]


class Stamp(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def test_results_have_the_time_of_their_window(single: Env) -> None:
    windows = keyed(single, [("a", 1_000, 7)]).window(TumblingEventTimeWindows.of(Time.seconds(5)))
    assert collect(windows.aggregate(Sum()).process(Stamp())) == [(7, 4_999)]


# --- all records


class CountAll(ProcessAllWindowFunction[Any, Any, TimeWindow]):
    def process(self, context: ProcessAllWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
        assert isinstance(context, ProcessAllWindowFunction.Context)
        yield context.window().start, sorted(element[2] for element in elements)


class ListAll(AllWindowFunction[Any, Any, TimeWindow]):
    def apply(self, window: TimeWindow, inputs: Iterable[Any]) -> Iterable[Any]:
        yield window.end, sorted(inputs)


def test_windows_of_all_records(env: Env) -> None:
    windows = timed(env, ORDERS).window_all(TumblingEventTimeWindows.of(Time.seconds(5)))
    assert collect(windows.process(CountAll())) == [(-5_000, [5]), (0, [1, 2, 3, 6]), (5_000, [4])]
    assert collect(windows.aggregate(Sum())) == [5, 12, 4]
    assert collect(windows.aggregate(Sum(), ListAll())) == [(0, [5]), (5_000, [12]), (10_000, [4])]
    assert [len(records) for _, records in collect(windows.apply(ListAll()))] == [1, 4, 1]
    largest = windows.reduce(lambda a, b: max(a, b, key=lambda record: record[2]))
    assert collect(largest) == [("b", -1, 5), ("a", 3_000, 6), ("a", 5_000, 4)]


# --- state and the end of a window

CLEARED: list[Any] = []


class Remembers(ProcessWindowFunction[Any, Any, Any, TimeWindow]):
    """Counts how often a window has fired, and how often any window of the key has."""

    def process(self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
        assert isinstance(context, ProcessWindowFunction.Context)
        assert isinstance(context.window_state(), KeyedStateStore)
        of_window = context.window_state().get_state(ValueStateDescriptor("count", Types.INT()))
        of_key = context.global_state().get_state(ValueStateDescriptor("count", Types.INT()))
        for state in (of_window, of_key):
            state.update((state.value() or 0) + 1)
        yield key, context.window().start, of_window.value(), of_key.value()

    def clear(self, context: ProcessWindowFunction.Context[TimeWindow]) -> None:
        state = context.window_state().get_state(ValueStateDescriptor("count", Types.INT()))
        CLEARED.append((context.window().start, state.value()))
        state.clear()


def test_state_of_a_window_and_of_its_key(single: Env) -> None:
    CLEARED.clear()
    records = [("a", 1, 0), ("a", 2, 0), ("a", 11, 0), ("b", 3, 0)]
    windows = keyed(single, records).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    fired = collect(windows.trigger(CountTrigger.of(1)).process(Remembers()))
    assert fired == [("a", 0, 1, 1), ("a", 0, 2, 2), ("a", 10, 1, 3), ("b", 0, 1, 1)]
    assert CLEARED == [(0, 2), (0, 1), (10, 1)]


def test_sessions_have_no_state_of_their_own(single: Env) -> None:
    windows = keyed(single, SESSIONS).window(EventTimeSessionWindows.with_gap(Time.seconds(10)))
    with pytest.raises(RuntimeError, match="windows that merge, such as sessions, have no state of their own"):
        collect(windows.process(Remembers()))


# --- assigners and triggers of a program


class EverySecond(Trigger[Any, Any]):
    """Fires on each second record, and at the end."""

    count = ReducingStateDescriptor("count", lambda a, b: a + b, Types.INT())

    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        ctx.register_event_time_timer(window.max_timestamp())
        assert isinstance(ctx, Trigger.TriggerContext)
        count: Any = ctx.get_partitioned_state(self.count)
        count.add(1)
        return TriggerResult.FIRE if count.get() % 2 == 0 else TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.FIRE_AND_PURGE

    def can_merge(self) -> bool:
        return True

    def on_merge(self, window: Any, ctx: Trigger.OnMergeContext) -> None:
        ctx.merge_partitioned_state(self.count)
        ctx.register_event_time_timer(window.max_timestamp())

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        ctx.get_partitioned_state(self.count).clear()
        ctx.delete_event_time_timer(window.max_timestamp())


def test_a_trigger_of_the_programs_own(single: Env) -> None:
    records = [("a", 1, 1), ("b", 1, 2), ("a", 2, 3), ("a", 3, 4)]
    windows = keyed(single, records).window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    assert collect(windows.trigger(EverySecond()).apply(Numbers())) == [("a", [1, 3]), ("a", [1, 3, 4]), ("b", [2])]


def test_a_trigger_of_the_programs_own_merges(single: Env) -> None:
    # 0 and 15 are two sessions with a record each; 8 joins them: three
    records = [("a", 0, 1), ("a", 15, 2), ("a", 8, 3), ("a", 9, 4)]
    windows = keyed(single, records).window(EventTimeSessionWindows.with_gap(Time.milliseconds(10)))
    fired = [(key, sorted(numbers)) for key, numbers in collect(windows.trigger(EverySecond()).apply(Numbers()))]
    assert fired == [("a", [1, 2, 3, 4]), ("a", [1, 2, 3, 4])]


class OneAndAHalf(EventTimeSessionWindows[Any]):
    """A subclass is the program's own, also if its parent is the engine's."""

    def assign_windows(self, element: Any, timestamp: int, context: Any) -> Collection[TimeWindow]:
        assert isinstance(context, WindowAssigner.WindowAssignerContext)
        assert isinstance(context.get_current_processing_time(), int)
        assert context.get_runtime_context().get_index_of_this_subtask() == 0
        return [TimeWindow(timestamp, timestamp + 15)]


def test_an_assigner_of_the_programs_own_merges(single: Env) -> None:
    windows = keyed(single, [("a", 0, 1), ("a", 14, 2), ("a", 40, 3)]).window(OneAndAHalf(10))
    assert collect(windows.process(Describe())) == [("a", 0, 29, [1, 2]), ("a", 40, 55, [3])]


class Parity(MergingWindowAssigner[Any, Any]):
    """Even and odd numbers in windows of an own class."""

    def assign_windows(self, element: Any, timestamp: int, context: Any) -> Collection[Any]:
        return [GlobalWindow.get()] if element[2] % 2 else [TimeWindow(0, 10)]

    def merge_windows(self, windows: Iterable[Any], callback: Any) -> None:
        return None

    def get_default_trigger(self, env: Any) -> Trigger[Any, Any]:
        return CountTrigger.of(2)

    def get_window_serializer(self) -> Any:
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        return True


def test_an_assigner_of_the_programs_own(single: Env) -> None:
    windows = keyed(single, [("a", 0, n) for n in range(4)]).window(Parity())
    assert collect(windows.apply(Numbers())) == [("a", [0, 2]), ("a", [1, 3])]


# --- mistakes


def test_records_without_event_time(single: Env) -> None:
    keyed = single.from_collection([("a", 1)]).key_by(lambda record: record[0])
    windows = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1)))
    with pytest.raises(Exception, match="the record has no event time") as caught:
        collect(windows.apply(Numbers()).name("per second"))
    assert "'per second' (test_windows.py:" in str(caught.value)
    assert "('a', 1)" in str(caught.value)
    assert "assign_timestamps_and_watermarks()" in str(caught.value)


def test_windows_of_processing_time_that_are_open_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    # the window ends long after the input
    keyed = Env.get_execution_environment().from_collection([("a", 1)]).key_by(lambda record: record[0])
    windows = keyed.window(TumblingProcessingTimeWindows.of(Time.days(10_000)))
    assert collect(windows.apply(Numbers()).name("by the clock")) == []
    said = capfd.readouterr().err
    assert "by the clock: the input ended with open windows of processing time (1)" in said


def test_wrong_window_functions_are_refused_where_they_are_given(single: Env) -> None:
    windows: Any = keyed(single, ORDERS).window(TumblingEventTimeWindows.of(Time.seconds(5)))
    with pytest.raises(TypeError, match=r"process\(\) takes an object of a class that extends ProcessWindowFunction"):
        windows.process(lambda key, context, elements: elements)
    with pytest.raises(TypeError, match=r"apply\(\) takes an object of a class that extends WindowFunction, not"):
        windows.apply(Describe())
    with pytest.raises(TypeError, match="extends WindowFunction or ProcessWindowFunction"):
        windows.reduce(lambda a, b: a, CountAll())
    with pytest.raises(TypeError, match=r"aggregate\(\) takes an object of a class that extends AggregateFunction"):
        windows.aggregate(lambda a, b: a)
    with pytest.raises(TypeError, match=r"windows come from a WindowAssigner"):
        keyed(single, ORDERS).window("5 seconds")  # type: ignore[arg-type]


class Breaks(WindowFunction[Any, Any, Any, Any]):
    def apply(self, key: Any, window: Any, inputs: Iterable[Any]) -> Iterable[Any]:
        raise ValueError("no")


def test_an_exception_names_the_window(single: Env) -> None:
    windows = keyed(single, [("a", 1_000, 1)]).window(TumblingEventTimeWindows.of(Time.seconds(5)))
    with pytest.raises(ValueError, match="no") as caught:
        collect(windows.apply(Breaks()))
    (note,) = caught.value.__notes__
    assert "while processing: the window TimeWindow(start=0, end=5000) of the key 'a'" in note


class NoDecision(EverySecond):
    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext) -> Any:
        return None


def test_a_trigger_that_decides_nothing(single: Env) -> None:
    windows = keyed(single, ORDERS).window(TumblingEventTimeWindows.of(Time.seconds(5)))
    with pytest.raises(Exception, match=r"a trigger returned None.*\n?.*"):
        collect(windows.trigger(NoDecision()).apply(Numbers()))
