"""Windows, assigners and triggers by themselves. Expected windows are worked out by hand, beside the case."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from flott.common import Duration, Time
from flott.datastream import RuntimeContext
from flott.datastream.state import ReducingState, ReducingStateDescriptor, ValueState
from flott.datastream.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    CountWindow,
    CountWindowSerializer,
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindow,
    GlobalWindows,
    GlobalWindowSerializer,
    MergingWindowAssigner,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    TimeWindowSerializer,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    Window,
    WindowAssigner,
)

NO_TIME = -9223372036854775808
CONTINUE, FIRE, FIRE_AND_PURGE = TriggerResult.CONTINUE, TriggerResult.FIRE, TriggerResult.FIRE_AND_PURGE


class Reducing(ReducingState[Any]):
    def __init__(self, descriptor: ReducingStateDescriptor) -> None:
        self.reducer = descriptor.get_reduce_function()
        self.value: Any = None

    def get(self) -> Any:
        return self.value

    def add(self, value: Any) -> None:
        self.value = value if self.value is None else self.reducer.reduce(self.value, value)

    def clear(self) -> None:
        self.value = None


class Value(ValueState[Any]):
    now: Any = None

    def value(self) -> Any:
        return self.now

    def update(self, value: Any) -> None:
        self.now = value

    def clear(self) -> None:
        self.now = None


class Context(Trigger.OnMergeContext, WindowAssigner.WindowAssignerContext):
    """One key and one window, with the clocks where the test puts them."""

    def __init__(self, watermark: int = NO_TIME, clock: int = 0) -> None:
        self.watermark, self.clock = watermark, clock
        self.event_timers: set[int] = set()
        self.clock_timers: set[int] = set()
        self.states: dict[str, Any] = {}
        self.merged: list[str] = []

    def get_current_processing_time(self) -> int:
        return self.clock

    def get_current_watermark(self) -> int:
        return self.watermark

    def get_metric_group(self) -> Any:
        raise AssertionError("no trigger of Flink has metrics")

    def register_event_time_timer(self, time: int) -> None:
        self.event_timers.add(time)

    def register_processing_time_timer(self, time: int) -> None:
        self.clock_timers.add(time)

    def delete_event_time_timer(self, time: int) -> None:
        self.event_timers.discard(time)

    def delete_processing_time_timer(self, time: int) -> None:
        self.clock_timers.discard(time)

    def get_partitioned_state(self, state_descriptor: Any) -> Any:
        return self.states.setdefault(state_descriptor.get_name(), Reducing(state_descriptor))

    def merge_partitioned_state(self, state_descriptor: Any) -> None:
        self.merged.append(state_descriptor.get_name())

    def get_runtime_context(self) -> RuntimeContext:
        context: Any = self
        return context  # type: ignore[no-any-return]

    def get_state(self, state_descriptor: Any) -> Value:
        state: Value = self.states.setdefault(state_descriptor.get_name(), Value())
        return state


def windows(assigner: WindowAssigner[Any, Any], timestamp: int, clock: int = 0, element: Any = None) -> list[Any]:
    return sorted(
        (window.start, window.end) for window in assigner.assign_windows(element, timestamp, Context(clock=clock))
    )


# --- windows


def test_the_last_millisecond_of_a_window() -> None:
    assert TimeWindow(0, 1000).max_timestamp() == 999
    assert CountWindow(3).max_timestamp() == GlobalWindow.get().max_timestamp() == 9223372036854775807


def test_windows_are_equal_by_what_they_are() -> None:
    assert len({TimeWindow(0, 5), TimeWindow(0, 5), TimeWindow(0, 6), CountWindow(0), CountWindow(0)}) == 3
    assert GlobalWindow.get() == GlobalWindow() != CountWindow(0)
    assert sorted([TimeWindow(2, 3), TimeWindow(0, 9), TimeWindow(0, 5)]) == [
        TimeWindow(0, 5), TimeWindow(0, 9), TimeWindow(2, 3)
    ]  # fmt: skip
    assert TimeWindow(0, 5) <= TimeWindow(0, 5)
    assert repr(TimeWindow(0, 5)) == "TimeWindow(start=0, end=5)"
    assert (repr(CountWindow(1)), repr(GlobalWindow())) == ("CountWindow(id=1)", "GlobalWindow")


def test_overlapping_windows() -> None:
    # windows that touch count as overlapping: a record at the very end of a gap still belongs to the session
    assert TimeWindow(0, 5).intersects(TimeWindow(5, 9))
    assert not TimeWindow(0, 5).intersects(TimeWindow(6, 9))
    assert TimeWindow(0, 5).cover(TimeWindow(3, 9)) == TimeWindow(0, 9)


def test_merged_windows() -> None:
    merged: list[Any] = []

    class Callback(MergingWindowAssigner.MergeCallback[TimeWindow]):
        def merge(self, to_be_merged: Any, merge_result: TimeWindow) -> None:
            merged.append((sorted((each.start, each.end) for each in to_be_merged), merge_result))

    # 0-3, 2-5 and 5-6 hang together, 7-9 is alone, 10-12 and 11-13 hang together
    pairs = [(11, 13), (2, 5), (0, 3), (7, 9), (10, 12), (5, 6)]
    EventTimeSessionWindows(1).merge_windows([TimeWindow(*pair) for pair in pairs], Callback())
    assert merged == [
        ([(0, 3), (2, 5), (5, 6)], TimeWindow(0, 6)),
        ([(10, 12), (11, 13)], TimeWindow(10, 13)),
    ]


@pytest.mark.parametrize(
    ("serializer", "window", "size"),
    [
        (TimeWindowSerializer(), TimeWindow(-7, 1 << 40), 16),
        (CountWindowSerializer(), CountWindow(12), 8),
        (GlobalWindowSerializer(), GlobalWindow(), 1),
    ],
)
def test_windows_as_bytes(serializer: Any, window: Window, size: int) -> None:
    stream = BytesIO()
    serializer.serialize(window, stream)
    serializer.serialize(window, stream)
    assert len(stream.getvalue()) == 2 * size
    stream.seek(0)
    assert [serializer.deserialize(stream), serializer.deserialize(stream)] == [window, window]


# --- assigners


@pytest.mark.parametrize(
    ("assigner", "timestamp", "expected"),
    [
        (TumblingEventTimeWindows.of(Time.seconds(5)), 0, [(0, 5000)]),
        (TumblingEventTimeWindows.of(Time.seconds(5)), 4999, [(0, 5000)]),
        (TumblingEventTimeWindows.of(Time.seconds(5)), 5000, [(5000, 10000)]),
        (TumblingEventTimeWindows.of(Time.seconds(5)), -1, [(-5000, 0)]),
        (TumblingEventTimeWindows.of(Duration.of_seconds(5)), 5000, [(5000, 10000)]),  # type: ignore[arg-type]
        # windows at 1, 6, 11 s: 5.5 s lies in the one from 1 s on
        (TumblingEventTimeWindows.of(Time.seconds(5), Time.seconds(1)), 5500, [(1000, 6000)]),
        # days in China begin at 16:00 UTC; 15:59:59.999 still belongs to the day before
        (TumblingEventTimeWindows.of(Time.days(1), Time.hours(-8)), 57_599_999, [(-28_800_000, 57_600_000)]),
        # 6 s every 2 s: those from 0, 2 and 4 s on have 5 s
        (SlidingEventTimeWindows.of(Time.seconds(6), Time.seconds(2)), 5000, [(0, 6000), (2000, 8000), (4000, 10000)]),
        # 1 s every 2 s: 0.5 s is in the first, 1.5 s in none
        (SlidingEventTimeWindows.of(Time.seconds(1), Time.seconds(2)), 500, [(0, 1000)]),
        (SlidingEventTimeWindows.of(Time.seconds(1), Time.seconds(2)), 1500, []),
        # 4 s at 1, 3, 5 s: 5 s is where the one from 1 s on ends
        (
            SlidingEventTimeWindows.of(Time.seconds(4), Time.seconds(2), Time.seconds(1)),
            5000,
            [(3000, 7000), (5000, 9000)],
        ),
        (EventTimeSessionWindows.with_gap(Time.seconds(3)), 700, [(700, 3700)]),
    ],
)  # fmt: skip
def test_windows_of_event_time(assigner: WindowAssigner[Any, Any], timestamp: int, expected: list[Any]) -> None:
    assert windows(assigner, timestamp) == expected
    assert assigner.is_event_time()
    assert isinstance(assigner.get_default_trigger(None), EventTimeTrigger)
    assert assigner.get_window_serializer() == TimeWindowSerializer()


@pytest.mark.parametrize(
    ("assigner", "expected"),
    [
        (TumblingProcessingTimeWindows.of(Time.seconds(5)), [(5000, 10000)]),
        (TumblingProcessingTimeWindows.of(Time.seconds(5), Time.seconds(2)), [(7000, 12000)]),
        (SlidingProcessingTimeWindows.of(Time.seconds(4), Time.seconds(2)), [(4000, 8000), (6000, 10000)]),
        (ProcessingTimeSessionWindows.with_gap(Time.seconds(3)), [(7000, 10000)]),
    ],
)
def test_windows_of_the_clock(assigner: WindowAssigner[Any, Any], expected: list[Any]) -> None:
    """The record's own timestamp does not matter; the clock stands at 7 s."""
    assert windows(assigner, NO_TIME, clock=7000) == expected
    assert not assigner.is_event_time()
    assert isinstance(assigner.get_default_trigger(None), ProcessingTimeTrigger)


class GapOfRecord(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> int:
        return int(element)


@pytest.mark.parametrize(
    ("assigner", "kind"),
    [
        (EventTimeSessionWindows.with_dynamic_gap(GapOfRecord()), DynamicEventTimeSessionWindows),
        (ProcessingTimeSessionWindows.with_dynamic_gap(GapOfRecord()), DynamicProcessingTimeSessionWindows),
    ],
)
def test_sessions_whose_gap_depends_on_the_record(assigner: Any, kind: type) -> None:
    assert type(assigner) is kind
    assert windows(assigner, 100, clock=100, element=30) == [(100, 130)]
    assert windows(assigner, 100, clock=100, element=7) == [(100, 107)]
    with pytest.raises(ValueError, match="0 < gap, not 0"):
        windows(assigner, 100, element=0)


def test_windows_of_a_number_of_records() -> None:
    context = Context()

    def next_windows(assigner: WindowAssigner[Any, CountWindow]) -> list[int]:
        return sorted(window.id for window in assigner.assign_windows("x", NO_TIME, context))

    tumbling = CountTumblingWindowAssigner.of(3)
    assert [next_windows(tumbling) for _ in range(7)] == [[0], [0], [0], [1], [1], [1], [2]]
    # window n has the 3 records from 2n on: 0 1 2, 2 3 4, 4 5 6
    sliding = CountSlidingWindowAssigner.of(3, 2)
    assert [next_windows(sliding) for _ in range(6)] == [[0], [0], [0, 1], [1], [1, 2], [2]]
    # 1 of each 3 records: 0, 3
    sparse = CountSlidingWindowAssigner.of(1, 3)
    context.states.clear()
    assert [next_windows(sparse) for _ in range(5)] == [[0], [], [], [1], []]
    assert isinstance(tumbling.get_default_trigger(None), CountTrigger)


def test_everything_in_one_window() -> None:
    assigner = GlobalWindows.create()
    assert list(assigner.assign_windows("x", NO_TIME, Context())) == [GlobalWindow()]
    assert isinstance(assigner.get_default_trigger(None), NeverTrigger)


def test_records_without_a_timestamp_are_named() -> None:
    with pytest.raises(ValueError, match=r"assign_timestamps_and_watermarks"):
        windows(TumblingEventTimeWindows.of(Time.seconds(5)), NO_TIME)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TumblingEventTimeWindows.of(Time.seconds(5), Time.seconds(5)), r"abs\(offset\) < size"),
        (lambda: TumblingProcessingTimeWindows.of(Time.seconds(0)), r"abs\(offset\) < size"),
        (lambda: SlidingEventTimeWindows.of(Time.seconds(5), Time.seconds(0)), r"abs\(offset\) < slide"),
        (lambda: SlidingProcessingTimeWindows.of(Time.seconds(0), Time.seconds(1)), r"size > 0"),
        (lambda: EventTimeSessionWindows.with_gap(Time.seconds(0)), r"0 < size"),
        (lambda: CountTumblingWindowAssigner.of(0), r"at least 1 record, not 0"),
        (lambda: CountSlidingWindowAssigner.of(5, 0), r"at least 1 record, not 0"),
    ],
)
def test_lengths_that_make_no_windows(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_a_length_is_a_time() -> None:
    with pytest.raises(TypeError, match=r"Time.seconds\(5\), not 5000"):
        TumblingEventTimeWindows.of(5000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("assigner", "shown"),
    [
        (TumblingEventTimeWindows.of(Time.seconds(5)), "TumblingEventTimeWindows(5000, 0)"),
        (
            SlidingProcessingTimeWindows.of(Time.seconds(5), Time.seconds(1)),
            "SlidingProcessingTimeWindows(5000, 1000, 0)",
        ),
        (EventTimeSessionWindows.with_gap(Time.seconds(5)), "EventTimeSessionWindows(5000)"),
        (CountSlidingWindowAssigner.of(5, 2), "CountSlidingWindowAssigner(5, 2)"),
        (GlobalWindows.create(), "GlobalWindows()"),
    ],
)  # fmt: skip
def test_what_is_shown_of_an_assigner(assigner: Any, shown: str) -> None:
    assert repr(assigner) == shown


# --- triggers

WINDOW = TimeWindow(0, 10_000)


def test_event_time_trigger() -> None:
    trigger, context = EventTimeTrigger.create(), Context()
    assert trigger.on_element("x", 5, WINDOW, context) is CONTINUE
    assert context.event_timers == {9999}
    assert trigger.on_event_time(9998, WINDOW, context) is CONTINUE
    assert trigger.on_event_time(9999, WINDOW, context) is FIRE
    context.watermark = 9999
    # a late record fires at once
    assert trigger.on_element("x", 5, WINDOW, context) is FIRE
    trigger.clear(WINDOW, context)
    assert context.event_timers == set()


def test_event_time_trigger_after_a_merge() -> None:
    trigger, context = EventTimeTrigger.create(), Context(watermark=5000)
    assert trigger.can_merge()
    trigger.on_merge(WINDOW, context)
    trigger.on_merge(TimeWindow(0, 5001), context)
    # of the second nothing is to come: its last millisecond has passed
    assert context.event_timers == {9999}


def test_processing_time_trigger() -> None:
    trigger, context = ProcessingTimeTrigger.create(), Context()
    assert trigger.on_element("x", NO_TIME, WINDOW, context) is CONTINUE
    assert context.clock_timers == {9999}
    assert trigger.on_processing_time(9999, WINDOW, context) is FIRE
    assert trigger.on_event_time(9999, WINDOW, context) is CONTINUE
    trigger.clear(WINDOW, context)
    assert context.clock_timers == set()


def test_continuous_event_time_trigger() -> None:
    """Every 4 s in a window of 10 s: at 4 s, 8 s, and at its end."""
    trigger, context = ContinuousEventTimeTrigger.of(Time.seconds(4)), Context()
    assert trigger.on_element("x", 1500, WINDOW, context) is CONTINUE
    assert context.event_timers == {4000, 9999}
    # the timer is there already
    assert trigger.on_element("x", 500, WINDOW, context) is CONTINUE
    assert trigger.on_event_time(4000, WINDOW, context) is FIRE
    assert trigger.on_event_time(8000, WINDOW, context) is FIRE
    assert context.event_timers == {4000, 8000, 9999}
    assert trigger.on_event_time(9999, WINDOW, context) is FIRE
    context.event_timers = {9999}
    trigger.clear(WINDOW, context)
    assert trigger.on_event_time(9000, WINDOW, context) is CONTINUE
    trigger.on_merge(WINDOW, context)
    assert context.merged == ["fire-time"]


def test_continuous_processing_time_trigger() -> None:
    """Every 4 s of the clock, which stands at 5 s: at 8 s, and at the window's end."""
    trigger, context = ContinuousProcessingTimeTrigger.of(Time.seconds(4)), Context(clock=5000)
    assert trigger.on_element("x", NO_TIME, WINDOW, context) is CONTINUE
    assert context.clock_timers == {8000}
    assert trigger.on_processing_time(7000, WINDOW, context) is CONTINUE
    assert trigger.on_processing_time(8000, WINDOW, context) is FIRE
    assert context.clock_timers == {8000, 9999}
    assert trigger.on_processing_time(9999, WINDOW, context) is FIRE


def test_count_trigger() -> None:
    trigger, context = CountTrigger.of(3), Context()
    results = [trigger.on_element("x", NO_TIME, CountWindow(0), context) for _ in range(7)]
    assert results == [CONTINUE, CONTINUE, FIRE, CONTINUE, CONTINUE, FIRE, CONTINUE]
    trigger.clear(CountWindow(0), context)
    assert trigger.on_element("x", NO_TIME, CountWindow(0), context) is CONTINUE
    assert trigger.can_merge()


def test_purging_trigger() -> None:
    trigger, context = PurgingTrigger.of(CountTrigger.of(2)), Context()
    window: Any = CountWindow(0)
    assert [trigger.on_element("x", NO_TIME, window, context) for _ in range(2)] == [CONTINUE, FIRE_AND_PURGE]
    assert PurgingTrigger.of(EventTimeTrigger()).on_event_time(9999, WINDOW, context) is FIRE_AND_PURGE
    assert trigger.can_merge() and not PurgingTrigger.of(NeverTrigger()).can_merge()


def test_trigger_results() -> None:
    facts = {each.name: (each.is_fire(), each.is_purge()) for each in TriggerResult}
    assert facts == {
        "CONTINUE": (False, False), "FIRE_AND_PURGE": (True, True), "FIRE": (True, False), "PURGE": (False, True)
    }  # fmt: skip
