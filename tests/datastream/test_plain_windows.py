"""Windows that follow from time alone, with the trigger they have when none is named: kept in a way of their own, they
do what the same windows do with a program's trigger that decides the same."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from flott.common import Time
from flott.datastream import DataStream, OutputTag
from flott.datastream.functions import AggregateFunction, ProcessWindowFunction, RuntimeContext
from flott.datastream.state import ListStateDescriptor, ValueStateDescriptor
from flott.datastream.window import (
    EventTimeTrigger,
    ProcessingTimeTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    Trigger,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowAssigner,
)
from flott.testing import Harness

ms = Time.milliseconds
LATE = OutputTag("late")


class OwnEventTime(EventTimeTrigger[Any]):
    """A class of the program: what the engine does with its own trigger it can't do with this one."""


class OwnProcessingTime(ProcessingTimeTrigger[Any]):
    """The same by the machine's clock."""


class Listed(AggregateFunction):
    """Numbers in the order in which they came."""

    def create_accumulator(self) -> list[int]:
        return []

    def add(self, value: Any, accumulator: list[int]) -> list[int]:
        accumulator.append(value[1])
        return accumulator

    def get_result(self, accumulator: list[int]) -> str:
        return " ".join(map(str, accumulator))

    def merge(self, acc_a: list[int], acc_b: list[int]) -> list[int]:
        raise AssertionError("these windows are not merged")


class Tell(ProcessWindowFunction[Any, Any, Any, TimeWindow]):
    """All that a function can see of its window, its key's state, and what was over before."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.fired = runtime_context.get_state(ValueStateDescriptor("fired", None))
        self.over = ListStateDescriptor("over", None)

    def process(self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
        window = context.window()
        times = context.window_state().get_state(ValueStateDescriptor("times", None))
        times.update((times.value() or 0) + 1)
        self.fired.update((self.fired.value() or 0) + 1)
        over = list(context.global_state().get_list_state(self.over).get() or [])
        yield (
            key, window.start, window.end, list(elements), times.value(), self.fired.value(), over,
            context.current_watermark(), context.current_processing_time(),
        )  # fmt: skip

    def clear(self, context: ProcessWindowFunction.Context[TimeWindow]) -> None:
        context.window_state().get_state(ValueStateDescriptor("times", None)).clear()
        context.global_state().get_list_state(self.over).add(context.window().start)


def steps(seed: int) -> Iterator[tuple[str, int, Any]]:
    """What happens to a job: records around a watermark, some of them late, and time that passes."""
    rnd = random.Random(seed)
    watermark = 0
    for number in range(250):
        kind = rnd.randrange(12)
        if kind == 0:
            watermark += rnd.randrange(30)
            yield "watermark", watermark, None
        elif kind == 1:
            yield "time", rnd.randrange(1, 15), None
        else:
            yield "record", watermark - 25 + rnd.randrange(60), (rnd.choice("abc"), number)


EVENT_TIME = [
    TumblingEventTimeWindows.of(ms(10)),
    TumblingEventTimeWindows.of(ms(10), ms(3)),
    SlidingEventTimeWindows.of(ms(12), ms(4)),
    SlidingEventTimeWindows.of(ms(4), ms(10)),
]
PROCESSING_TIME = [TumblingProcessingTimeWindows.of(ms(10)), SlidingProcessingTimeWindows.of(ms(12), ms(4), ms(1))]
CASES: list[tuple[WindowAssigner[Any, Any], Trigger[Any, Any], int]] = [
    # windows are over when others end where the allowed lateness is 10
    *((assigner, OwnEventTime(), lateness) for assigner in EVENT_TIME for lateness in (0, 7, 10)),
    *((assigner, OwnProcessingTime(), 0) for assigner in PROCESSING_TIME),
]


@pytest.mark.parametrize(("assigner", "trigger", "lateness"), CASES)
def test_the_same_as_with_a_trigger_of_the_program(
    assigner: WindowAssigner[Any, Any], trigger: Trigger[Any, Any], lateness: int
) -> None:
    with Harness() as h:
        keyed = h.source("in").key_by(lambda record: record[0])

        def windowed(own: Trigger[Any, Any] | None) -> DataStream:
            windows = keyed.window(assigner).allowed_lateness(lateness).side_output_late_data(LATE)
            windows = windows if own is None else windows.trigger(own)
            return windows.aggregate(Listed(), Tell())

        plain, by_trigger = windowed(None), windowed(trigger)
        fired = late = 0
        for kind, number, record in steps(7 + lateness):
            if kind == "record":
                h.feed("in", record, timestamp=number)
            elif kind == "watermark":
                h.watermark("in", number)
            else:
                h.advance(number)
            # with the times they have
            assert h.records(plain) == h.records(by_trigger)
            out = h.take(plain)
            assert out == h.take(by_trigger)
            assert h.timers(plain) == h.timers(by_trigger)
            late_out = h.take(plain.get_side_output(LATE))
            assert late_out == h.take(by_trigger.get_side_output(LATE))
            fired, late = fired + len(out), late + len(late_out)
        h.finish()
        assert h.take(plain) == h.take(by_trigger)
        assert fired > 20
        assert (late > 0) == (isinstance(trigger, OwnEventTime) and lateness < 25)


def test_keys_of_a_window_share_its_object() -> None:
    class Seen(ProcessWindowFunction[Any, Any, Any, TimeWindow]):
        def process(self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
            assert context.window() is context.window()
            yield key, context.window()

    with Harness() as h:
        out = h.source("in").key_by(lambda record: record[0]).window(EVENT_TIME[0]).process(Seen())
        for key, timestamp in [("b", 3), ("a", 5), ("a", 15)]:
            h.feed("in", (key, 0), timestamp=timestamp)
        h.finish()
        # in the order of their first records
        assert h.output(out) == [("b", TimeWindow(0, 10)), ("a", TimeWindow(0, 10)), ("a", TimeWindow(10, 20))]
