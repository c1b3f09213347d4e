"""Event time, processing time and timers as every kind of context shows them. All times in ms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from flott.common import Time, Types
from flott.datastream import TimeDomain
from flott.datastream.functions import (
    BroadcastProcessFunction,
    CoProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessAllWindowFunction,
    ProcessFunction,
    ProcessWindowFunction,
)
from flott.datastream.state import MapStateDescriptor
from flott.datastream.window import Trigger, TriggerResult, TumblingEventTimeWindows
from flott.testing import Harness

NO_TIME = -(2**63)
# of the record, the watermark in front of it, the clock
Times = tuple[int, int, int]


def of_timers(ctx: Any) -> Times:
    timers = ctx.timer_service()
    return ctx.timestamp(), timers.current_watermark(), timers.current_processing_time()


def of_context(ctx: Any) -> Times:
    return ctx.timestamp(), ctx.current_watermark(), ctx.current_processing_time()


class Process(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Times]:
        yield of_timers(ctx)


class Keyed(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Times]:
        yield of_timers(ctx)


@pytest.mark.parametrize("keyed", [False, True])
def test_process_functions(flott_harness: Harness, keyed: bool) -> None:
    h = flott_harness
    words = h.source("words")
    seen = words.key_by(len).process(Keyed()) if keyed else words.process(Process())
    h.feed("words", "without a time")
    h.feed("words", "a", timestamp=50)
    h.watermark("words", 40)
    h.set_processing_time(7)
    h.feed("words", "late", timestamp=30)
    assert h.output(seen) == [(NO_TIME, NO_TIME, 0), (50, NO_TIME, 0), (30, 40, 7)]


class Co(CoProcessFunction):
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Times]:
        yield of_timers(ctx)

    process_element2 = process_element1


class KeyedCo(KeyedCoProcessFunction):
    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[Times]:
        yield of_timers(ctx)

    process_element2 = process_element1


@pytest.mark.parametrize("keyed", [False, True])
def test_functions_of_two_streams(flott_harness: Harness, keyed: bool) -> None:
    h = flott_harness
    both = h.source("a").connect(h.source("b"))
    seen = both.key_by(len, len).process(KeyedCo()) if keyed else both.process(Co())
    h.watermark("a", 40)
    h.feed("a", "a", timestamp=50)
    h.watermark("b", 20)
    h.set_processing_time(7)
    h.feed("b", "b", timestamp=60)
    # the watermark is the lesser of the two
    assert h.output(seen) == [(50, NO_TIME, 0), (60, 20, 7)]


class Broadcast(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterator[Times]:
        yield of_context(ctx)

    def process_broadcast_element(self, value: Any, ctx: BroadcastProcessFunction.Context) -> Iterator[Times]:
        yield of_context(ctx)


class KeyedBroadcast(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
    def process_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[Any]) -> Iterator[Times]:
        assert of_context(ctx) == of_timers(ctx)
        yield of_context(ctx)

    def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> Iterator[Times]:
        yield of_context(ctx)


@pytest.mark.parametrize("keyed", [False, True])
def test_functions_with_a_broadcast_side(flott_harness: Harness, keyed: bool) -> None:
    h = flott_harness
    rules = h.source("rules").broadcast(MapStateDescriptor("rules", Types.STRING(), Types.STRING()))
    words = h.source("words")
    if keyed:
        seen = words.key_by(len).connect(rules).process(KeyedBroadcast())
    else:
        seen = words.connect(rules).process(Broadcast())
    h.watermark("words", 40)
    h.watermark("rules", 20)
    h.set_processing_time(7)
    h.feed("words", "a", timestamp=50)
    h.feed("rules", "r", timestamp=60)
    assert h.output(seen) == [(50, 20, 7), (60, 20, 7)]


class InWindow(ProcessWindowFunction[Any, Any, Any, Any]):
    def process(self, key: Any, context: Any, elements: Iterable[Any]) -> Iterator[Any]:
        yield list(elements), context.window().end, context.current_watermark(), context.current_processing_time()


class InAllWindow(ProcessAllWindowFunction[Any, Any, Any]):
    def process(self, context: Any, elements: Iterable[Any]) -> Iterator[Any]:
        yield list(elements), context.window().end, context.current_watermark(), context.current_processing_time()


@pytest.mark.parametrize("keyed", [False, True])
def test_window_functions(flott_harness: Harness, keyed: bool) -> None:
    h = flott_harness
    assigner = TumblingEventTimeWindows.of(Time.milliseconds(100))
    words = h.source("words")
    seen = (
        words.key_by(len).window(assigner).process(InWindow())
        if keyed
        else words.window_all(assigner).process(InAllWindow())
    )
    stamped = seen.process(Process())
    h.feed("words", "a", timestamp=50)
    h.set_processing_time(7)
    h.watermark("words", 120)
    assert h.output(seen) == [(["a"], 100, 120, 7)]
    # a result is of the last ms of its window, and comes in front of the watermark
    assert h.output(stamped) == [(99, NO_TIME, 7)]


class Notes(Trigger[Any, Any]):
    """Notes what its context says, and when the timers it sets fire."""

    def __init__(self, note: Callable[..., None]) -> None:
        self.note = note

    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        self.note(element, timestamp, ctx.get_current_watermark(), ctx.get_current_processing_time())
        ctx.register_event_time_timer(70)
        ctx.register_event_time_timer(80)
        ctx.delete_event_time_timer(80)
        ctx.register_processing_time_timer(20)
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        self.note("processing time", time, ctx.get_current_watermark(), ctx.get_current_processing_time())
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        self.note("event time", time, ctx.get_current_watermark(), ctx.get_current_processing_time())
        return TriggerResult.CONTINUE

    def on_merge(self, window: Any, ctx: Trigger.OnMergeContext) -> None:
        raise AssertionError

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        pass


def test_triggers(flott_harness: Harness) -> None:
    h = flott_harness
    noted: list[Any] = []
    assigner = TumblingEventTimeWindows.of(Time.milliseconds(100))
    h.source("words").key_by(len).window(assigner).trigger(Notes(lambda *given: noted.append(given))).process(
        InWindow()
    )
    h.watermark("words", 10)
    h.feed("words", "a", timestamp=50)
    h.set_processing_time(30)
    h.watermark("words", 90)
    # each timer sees the clock, or the watermark, that fires it
    assert noted == [("a", 50, 10, 0), ("processing time", 20, 10, 20), ("event time", 70, 90, 30)]


# --- timers


class Acts(KeyedProcessFunction):
    """A record is `(key, act)`, and a timer does what was put down for its time."""

    def __init__(self, later: dict[int, Callable[[Any], None]] | None = None) -> None:
        self.later = later or {}

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        value[1](ctx.timer_service())

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ctx.get_current_key(), timestamp, "event" if ctx.time_domain() is TimeDomain.EVENT_TIME else "processing"
        self.later.get(timestamp, lambda timers: None)(ctx.timer_service())


def acting(h: Harness, later: dict[int, Callable[[Any], None]] | None = None) -> Any:
    return h.source("acts").key_by(lambda record: record[0]).process(Acts(later))


def at(*times: int, processing: bool = False) -> Callable[[Any], None]:
    def act(timers: Any) -> None:
        for time in times:
            (timers.register_processing_time_timer if processing else timers.register_event_time_timer)(time)

    return act


def test_a_timer_set_in_on_timer_for_a_time_that_has_come_fires_at_once(flott_harness: Harness) -> None:
    h = flott_harness
    fired = acting(h, {10: at(15, 12, 30)})
    h.feed("acts", ("a", at(10, 20)))
    h.watermark("acts", 20)
    assert h.output(fired) == [("a", time, "event") for time in (10, 12, 15, 20)]
    assert [timer.timestamp for timer in h.timers(fired)] == [30]


def test_a_timer_can_be_deleted_by_one_of_the_same_watermark(flott_harness: Harness) -> None:
    h = flott_harness
    fired = acting(h, {10: lambda timers: timers.delete_event_time_timer(20)})
    h.feed("acts", ("a", at(10, 20)))
    h.watermark("acts", 100)
    assert h.output(fired) == [("a", 10, "event")]


def test_a_timer_that_fired_can_be_set_again(flott_harness: Harness) -> None:
    h = flott_harness
    fired = acting(h)
    h.feed("acts", ("a", at(10)))
    h.watermark("acts", 10)
    h.feed("acts", ("a", at(10)))
    assert h.output(fired) == [("a", 10, "event")]
    # behind the watermark: with the next one
    h.watermark("acts", 11)
    assert h.output(fired) == [("a", 10, "event")] * 2


def test_timers_of_processing_time_fire_in_order_once_each(flott_harness: Harness) -> None:
    h = flott_harness
    fired = acting(h, {10: at(25, 40, processing=True)})
    h.feed("acts", ("b", at(30, 10, 10, processing=True)))
    h.feed("acts", ("a", at(10, 20, processing=True)))
    h.feed("acts", ("a", lambda timers: timers.delete_processing_time_timer(20)))
    h.set_processing_time(30)
    times = [("b", 10), ("a", 10), ("b", 25), ("a", 25), ("b", 30)]
    assert h.output(fired) == [(key, time, "processing") for key, time in times]


def test_the_two_kinds_of_timers_do_not_meet(flott_harness: Harness) -> None:
    h = flott_harness
    fired = acting(h)
    h.feed("acts", ("a", at(10)))
    h.feed("acts", ("a", at(10, processing=True)))
    h.feed("acts", ("a", lambda timers: timers.delete_event_time_timer(10)))
    h.watermark("acts", 50)
    h.set_processing_time(50)
    assert h.output(fired) == [("a", 10, "processing")]


def test_at_the_end_event_time_timers_fire_and_set_more_and_the_others_do_not(flott_harness: Harness) -> None:
    h = flott_harness
    fired = acting(h, {10: at(2_000), 2_000: at(5)})
    h.feed("acts", ("a", at(10)))
    h.feed("acts", ("a", at(10, processing=True)))
    h.finish()
    assert h.output(fired) == [("a", 10, "event"), ("a", 2_000, "event"), ("a", 5, "event")]
