"""Sliding windows of many slides, which share what they hold: results, and what a record costs."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, ClassVar

import pytest

from flott.common import Time, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, OutputTag, StreamExecutionEnvironment
from flott.datastream.functions import AggregateFunction, ProcessWindowFunction
from flott.datastream.state import ValueStateDescriptor
from flott.datastream.window import (
    EventTimeTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    Trigger,
)
from flott.testing import Harness, collect

ms = Time.milliseconds
LATE = OutputTag("late")


class OwnEventTime(EventTimeTrigger[Any]):
    """A class of the program, with which every window is kept by itself."""


class CountAndSum(AggregateFunction):
    """An accumulator that can't be changed."""

    def create_accumulator(self) -> Any:
        return 0, 0

    def add(self, value: Any, accumulator: Any) -> Any:
        return accumulator[0] + 1, accumulator[1] + value[1]

    def get_result(self, accumulator: Any) -> Any:
        return accumulator

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Numbers(AggregateFunction):
    """One that is changed in place, by `get_result` too, and by `merge`, which returns either."""

    def create_accumulator(self) -> Any:
        return {"numbers": [], "merged": 0}

    def add(self, value: Any, accumulator: Any) -> Any:
        accumulator["numbers"].append(value[1])
        return accumulator

    def get_result(self, accumulator: Any) -> Any:
        accumulator["numbers"].sort()
        return accumulator["numbers"]

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        acc_a["merged"] += 1
        small, large = sorted((acc_a, acc_b), key=lambda accumulator: len(accumulator["numbers"]))
        large["numbers"].extend(small["numbers"])
        small["numbers"].clear()
        return large


class Bare(CountAndSum):
    """Many programs have no more, since PyFlink merges sessions only."""

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        pass


class Refusing(CountAndSum):
    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        raise NotImplementedError


class Tell(ProcessWindowFunction[Any, Any, Any, TimeWindow]):
    def process(self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
        times = context.window_state().get_state(ValueStateDescriptor("times", None))
        times.update((times.value() or 0) + 1)
        window = context.window()
        yield key, window.start, window.end, list(elements), times.value(), context.current_watermark()


ASSIGNERS = [
    SlidingEventTimeWindows.of(ms(40), ms(5)),
    SlidingEventTimeWindows.of(ms(40), ms(5), ms(-2)),
    # 43 is no multiple of 5
    SlidingEventTimeWindows.of(ms(43), ms(5)),
]


@pytest.mark.parametrize("function", [CountAndSum(), Numbers(), Bare(), Refusing()], ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("lateness", [0, 12])
@pytest.mark.parametrize("assigner", ASSIGNERS)
def test_the_same_as_windows_that_share_nothing(
    assigner: SlidingEventTimeWindows, lateness: int, function: AggregateFunction
) -> None:
    rnd = random.Random(lateness)
    with Harness() as h:
        keyed = h.source("in").key_by(lambda record: record[0])

        def windowed(own: Trigger[Any, Any] | None) -> DataStream:
            windows = keyed.window(assigner).allowed_lateness(lateness).side_output_late_data(LATE)
            windows = windows if own is None else windows.trigger(own)
            return windows.aggregate(function, Tell())

        shared, alone = windowed(None), windowed(OwnEventTime())
        watermark = fired = late = 0
        for number in range(250):
            if rnd.randrange(8):
                h.feed("in", (rnd.choice("abc"), number), timestamp=watermark - 60 + rnd.randrange(100))
            else:
                watermark += rnd.randrange(15)
                h.watermark("in", watermark)
            # with the times they have
            assert h.records(shared) == h.records(alone)
            out = h.take(shared)
            assert out == h.take(alone)
            assert h.timers(shared) == h.timers(alone)
            late_out = h.take(shared.get_side_output(LATE))
            assert late_out == h.take(alone.get_side_output(LATE))
            fired, late = fired + len(out), late + len(late_out)
        h.finish()
        assert h.take(shared) == h.take(alone)
        assert fired > 100
        assert late > 0


class Counting(CountAndSum):
    """Counts its calls, in whichever copy."""

    calls: ClassVar[dict[str, int]] = {}

    def add(self, value: Any, accumulator: Any) -> Any:
        self.calls["add"] = self.calls.get("add", 0) + 1
        return super().add(value, accumulator)

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        self.calls["merge"] = self.calls.get("merge", 0) + 1
        return super().merge(acc_a, acc_b)


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[2]
        return time


def timed(env: StreamExecutionEnvironment, records: list[Any]) -> Any:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
    return env.from_collection(records).assign_timestamps_and_watermarks(strategy).key_by(lambda record: record[0])


def test_a_record_in_ten_thousand_windows_is_added_once() -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    # three records of one key in each of 200 seconds, in windows of 10,000 seconds
    records = [("a", 1, 1_000 * second + part) for second in range(200) for part in (0, 300, 600)]
    Counting.calls.clear()
    windows = timed(env, records).window(SlidingEventTimeWindows.of(Time.seconds(10_000), Time.seconds(1)))
    out = collect(windows.aggregate(Counting()))
    # windows that begin at -9,999 s to 199 s
    assert len(out) == 10_199
    # the first has the records of the first second, the one that begins at 0 s has all, the last has those of the last
    assert (out[0], out[9_999], out[-1]) == ((3, 3), (600, 600), (3, 3))
    assert Counting.calls["add"] == 600
    # one is the attempt at the start; three for each window that fires, at most
    assert Counting.calls["merge"] <= 1 + 3 * 10_199


class FloatSum(AggregateFunction):
    def create_accumulator(self) -> float:
        return 0.0

    def add(self, value: Any, accumulator: float) -> float:
        return accumulator + float(value[1])

    def get_result(self, accumulator: float) -> float:
        return accumulator

    def merge(self, acc_a: float, acc_b: float) -> float:
        return acc_a + acc_b


@pytest.mark.parametrize(("slides", "expected"), [(7, (0.1 + 0.2) + 0.3), (8, 0.1 + (0.2 + 0.3))])
def test_in_eight_slides_and_more_slices_are_added_up_before_windows(slides: int, expected: float) -> None:
    assert (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3)
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    # one second has the first number, the next one the others
    records = [("a", 0.1, 500), ("a", 0.2, 1_500), ("a", 0.3, 1_600)]
    windows = timed(env, records).window(SlidingEventTimeWindows.of(Time.seconds(slides), Time.seconds(1)))
    assert expected in collect(windows.aggregate(FloatSum()))


def test_windows_of_processing_time_share_too() -> None:
    Counting.calls.clear()
    with Harness() as h:
        keyed = h.source("in").key_by(lambda record: record[0])
        counted = keyed.window(SlidingProcessingTimeWindows.of(ms(1_000), ms(10))).aggregate(Counting())
        for number in range(5):
            h.feed("in", ("a", number))
            h.advance(10)
        # the windows of each record's slice, [0, 10) to [40, 50), have begun up to 990 ms before
        assert h.take(counted) == [(1, 0), (2, 1), (3, 3), (4, 6), (5, 10)]
        assert Counting.calls["add"] == 5
        h.advance(2_000)
        out = h.take(counted)
        # 95 windows more have all five; then each slice leaves
        assert out == [(5, 10)] * 95 + [(4, 10), (3, 9), (2, 7), (1, 4)]
        assert h.timers(counted) == []
