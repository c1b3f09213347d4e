"""Jobs with windows that fail behind a checkpoint and go on from it: nothing differs from a job that never failed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, RestartStrategies, Time, Types
from flott.common.watermark_strategy import (
    TimestampAssigner,
    WatermarkGenerator,
    WatermarkGeneratorSupplier,
    WatermarkOutput,
    WatermarkStrategy,
)
from flott.datastream import (
    ExternalizedCheckpointRetention,
    KeyedProcessFunction,
    KeyedStream,
    MapFunction,
    OutputTag,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.functions import AggregateFunction, ProcessWindowFunction
from flott.datastream.state import ListStateDescriptor, ReducingStateDescriptor, ValueStateDescriptor
from flott.datastream.window import (
    ContinuousEventTimeTrigger,
    CountTrigger,
    EventTimeSessionWindows,
    Evictor,
    GlobalWindows,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    TimeEvictor,
    TimeWindowSerializer,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    Window,
    WindowAssigner,
)
from tests.datastream.failing import AWAITED, FAILS, Broken, meet

#: More than the channels of the jobs can hold: the source is still there when a checkpoint is taken.
N = 20_000
FAILS_AT = 15_000
KEYS = 7

#: The first value of each start of the job.
STARTS: list[int] = []

LATE = OutputTag("late")


@pytest.fixture(autouse=True)
def no_starts_left() -> Iterator[None]:
    yield
    STARTS.clear()


# --- records `(key, time, number)`, some of them late


class Records(MapFunction):
    started = False

    def map(self, value: int) -> tuple[int, int, int]:
        if not self.started:
            self.started = True
            STARTS.append(value)
        meet(value)
        return value % KEYS, time_of(value), value


def time_of(value: int) -> int:
    # nothing comes for 100 ms behind each 200 records, so that sessions end
    at = value + value // 200 * 100
    if value % 31 == 0:
        at -= 150
    if value % 97 == 0:
        at -= 2400
    return at


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        at: int = value[1]
        return at


class EveryHundred(WatermarkGenerator):
    """Where watermarks are follows from the records alone."""

    def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
        if event[2] % 100 == 50:
            output.emit_watermark(event[2] + event[2] // 200 * 100 - 20)


class Counting(WatermarkGenerator):
    """Speaks at each 130th record of the largest timestamp, and so depends on all that came before."""

    def __init__(self) -> None:
        self.count, self.newest = 0, 0

    def on_event(self, event: Any, event_timestamp: int, output: WatermarkOutput) -> None:
        self.count += 1
        self.newest = max(self.newest, event_timestamp)
        if self.count % 130 == 0:
            output.emit_watermark(self.newest - 20)


class TimeOfNumber(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return time_of(value)


class Generators(WatermarkGeneratorSupplier):
    def __init__(self, generator: type[WatermarkGenerator]) -> None:
        self.generator = generator

    def create_watermark_generator(self) -> WatermarkGenerator:
        return self.generator()


# --- functions


class Lists(ProcessWindowFunction):
    def process(self, key: int, context: ProcessWindowFunction.Context, elements: Iterable[Any]) -> Iterable[Any]:
        yield key, describe(context.window()), context.current_watermark(), [element[2] for element in elements]


class Fires(ProcessWindowFunction):
    """How often the window and the key have fired."""

    own = ValueStateDescriptor("own", Types.INT())
    all = ReducingStateDescriptor("all", lambda one, other: one + other, Types.INT())

    def process(self, key: int, context: ProcessWindowFunction.Context, elements: Iterable[Any]) -> Iterable[Any]:
        own, every = context.window_state().get_state(self.own), context.global_state().get_reducing_state(self.all)
        own.update((own.value() or 0) + 1)
        every.add(1)
        yield key, describe(context.window()), own.value(), every.get(), len(list(elements))

    def clear(self, context: ProcessWindowFunction.Context) -> None:
        context.window_state().get_state(self.own).clear()


class Average(AggregateFunction):
    def create_accumulator(self) -> list[int]:
        return [0, 0]

    def add(self, value: Any, accumulator: list[int]) -> list[int]:
        accumulator[0] += value[2]
        accumulator[1] += 1
        return accumulator

    def get_result(self, accumulator: list[int]) -> tuple[int, int]:
        return accumulator[0], accumulator[1]

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return [one[0] + other[0], one[1] + other[1]]


class Named(ProcessWindowFunction):
    """Gives an aggregate its key and window."""

    def process(self, key: int, context: ProcessWindowFunction.Context, elements: Iterable[Any]) -> Iterable[Any]:
        yield key, describe(context.window()), list(elements)


class GapByKey(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> int:
        return 3 + int(element[0])


class EveryThird(Trigger[Any, Any]):
    """Fires on each third record, and at the end."""

    count = ReducingStateDescriptor("count", lambda one, other: one + other, Types.INT())

    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        ctx.register_event_time_timer(window.max_timestamp())
        count: Any = ctx.get_partitioned_state(self.count)
        count.add(1)
        return TriggerResult.FIRE if count.get() % 3 == 0 else TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.FIRE

    def on_merge(self, window: Any, ctx: Trigger.OnMergeContext) -> None:
        ctx.merge_partitioned_state(self.count)
        ctx.register_event_time_timer(window.max_timestamp())

    def can_merge(self) -> bool:
        return True

    def clear(self, window: Any, ctx: Trigger.TriggerContext) -> None:
        ctx.get_partitioned_state(self.count).clear()
        ctx.delete_event_time_timer(window.max_timestamp())


@dataclass(frozen=True)
class Lane(Window):
    """A window of a program's own class."""

    name: str
    end: int

    def max_timestamp(self) -> int:
        return self.end - 1


class Lanes(WindowAssigner[Any, Any]):
    """Even and odd hundreds of ms have windows apart."""

    def assign_windows(self, element: Any, timestamp: int, context: Any) -> Collection[Any]:
        return [Lane("even" if element[2] % 2 == 0 else "odd", timestamp // 300 * 300 + 300)]

    def get_default_trigger(self, env: Any) -> Trigger[Any, Any]:
        return EveryThird()

    def get_window_serializer(self) -> Any:
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        return True


class EvenFirst(Evictor):
    """Takes the odd numbers out once they have been seen."""

    def evict_before(self, elements: Any, size: int, window: Any, ctx: Any) -> None:
        pass

    def evict_after(self, elements: Any, size: int, window: Any, ctx: Any) -> None:
        elements[:] = [element for element in elements if element.get_value()[2] % 2 == 0]


class Gathers(KeyedProcessFunction):
    """Keeps all results until the input ends, so that a job gives them once, however often it was restored."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.results = runtime_context.get_list_state(ListStateDescriptor("results", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.results.add(value)
        ctx.timer_service().register_event_time_timer(2**62)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ctx.get_current_key(), list(self.results)


# --- windows


def describe(window: Any) -> Any:
    return (window.name, window.end) if isinstance(window, Lane) else getattr(window, "start", str(window))


def ms(number: int) -> Time:
    return Time.milliseconds(number)


TUMBLING = TumblingEventTimeWindows.of(ms(100))
#: A record is in two windows.
SLIDING = SlidingEventTimeWindows.of(ms(200), ms(100))
#: A record is in 16 windows, which share what they hold.
SHARED = SlidingEventTimeWindows.of(ms(1600), ms(100))
#: Records of a key are 7 ms apart: sessions are runs of 200 records.
SESSIONS = EventTimeSessionWindows.with_gap(ms(10))

Kind = Callable[[KeyedStream], Any]


def late_ones(windows: Any) -> Any:
    return windows.allowed_lateness(200).side_output_late_data(LATE)


KINDS: dict[str, Kind] = {
    "tumbling lists": lambda s: s.window(TUMBLING).process(Lists()),
    "tumbling aggregates": lambda s: s.window(TUMBLING).aggregate(Average(), Named()),
    "tumbling, late": lambda s: late_ones(s.window(TUMBLING)).process(Lists()),
    "sliding, reduced": lambda s: s.window(SLIDING).reduce(lambda a, b: (a[0], max(a[1], b[1]), a[2] + b[2]), Named()),
    "sliding, late": lambda s: late_ones(s.window(SLIDING)).process(Lists()),
    "shared": lambda s: s.window(SHARED).aggregate(Average(), Named()),
    "shared, late": lambda s: late_ones(s.window(SHARED)).aggregate(Average(), Named()),
    "sessions": lambda s: s.window(SESSIONS).process(Lists()),
    "sessions, late": lambda s: late_ones(s.window(SESSIONS)).aggregate(Average(), Named()),
    "sessions by record": lambda s: s.window(EventTimeSessionWindows.with_dynamic_gap(GapByKey())).process(Lists()),
    "sessions, own trigger": lambda s: s.window(SESSIONS).trigger(EveryThird()).process(Lists()),
    "counts": lambda s: s.count_window(13).reduce(lambda a, b: (a[0], a[1], a[2] + b[2])),
    "sliding counts": lambda s: s.count_window(13, 5).reduce(lambda a, b: (a[0], a[1], a[2] + b[2])),
    "own trigger": lambda s: s.window(TUMBLING).trigger(EveryThird()).process(Lists()),
    "continuous trigger": lambda s: s.window(SLIDING).trigger(ContinuousEventTimeTrigger.of(ms(30))).process(Lists()),
    "count trigger": lambda s: s.window(TUMBLING).trigger(CountTrigger.of(5)).process(Lists()),
    "evictor": lambda s: (
        s.window(GlobalWindows.create()).trigger(CountTrigger.of(5)).evictor(TimeEvictor.of(ms(60))).process(Lists())
    ),
    "own evictor": lambda s: s.window(TUMBLING).trigger(CountTrigger.of(5)).evictor(EvenFirst()).process(Lists()),
    "state": lambda s: late_ones(s.window(SLIDING)).process(Fires()),
    "own windows": lambda s: late_ones(s.window(Lanes())).process(Fires()),
}


def environment(parallelism: int, **settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    return StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(parallelism)


def run(
    env: StreamExecutionEnvironment,
    kind: str,
    generator: type[WatermarkGenerator] = EveryHundred,
    at_source: bool = False,
) -> dict[Any, list[Any]]:
    """The results by key, in their order; on one subtask those of all keys in one list. Late records stand apart."""
    strategy = WatermarkStrategy.for_generator(Generators(generator))
    first = strategy.with_timestamp_assigner(TimeOfNumber()) if at_source else WatermarkStrategy.no_watermarks()
    source = env.from_source(NumberSequenceSource(0, N - 1), first, "numbers", Types.LONG())
    timed = source.set_parallelism(1).uid("numbers").map(Records()).set_parallelism(1)
    if not at_source:
        timed = timed.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(SecondField()))
        timed.set_parallelism(1).uid("times")
    results = KINDS[kind](timed.key_by(lambda record: record[0])).uid("windows")
    one = env.get_parallelism() == 1
    late = results.get_side_output(LATE).map(lambda record: (("late", record[0]), record))
    fired = results.map(lambda result: (("fired", result[0]), result))
    gathered = fired.union(late).key_by(lambda pair: pair[0]).process(Gathers()).uid("gathers")
    in_order = fired.key_by(lambda pair: "all").process(Gathers()).uid("in order")
    with gathered.union(in_order).execute_and_collect() as found:
        return {key: values for key, values in found if one or key != "all"}


@cache
def expected(kind: str, *times: Any) -> dict[Any, list[Any]]:
    return run(environment(1), kind, *times)


def fail_behind_a_checkpoint(place: Path, parallelism: int, kind: str, *times: Any) -> str:
    """Where the checkpoint is."""
    env = environment(parallelism)
    env.enable_checkpointing(10)
    config = env.get_checkpoint_config().set_checkpoint_storage_dir(place.as_uri())
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    FAILS[:], AWAITED[:] = [FAILS_AT], [place]
    with pytest.raises(Broken):
        run(env, kind, *times)
    (checkpoint,) = place.glob("*/chk-*")
    return checkpoint.as_uri()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 2)])
def test_goes_on_as_if_it_had_not_failed(tmp_path: Path, kind: str, before: int, after: int) -> None:
    checkpoint = fail_behind_a_checkpoint(tmp_path, before, kind)
    found = run(environment(after, execution__state_recovery__path=checkpoint), kind)
    assert STARTS[0] == 0 < STARTS[1] < FAILS_AT, "it has not begun anew"
    whole = expected(kind)
    if after == 1:
        assert found["all"] == whole["all"]
    assert found == {key: values for key, values in whole.items() if after == 1 or key != "all"}
    assert (("late", 0) in found) == ("late" in kind or "state" in kind or "own windows" in kind)


@pytest.mark.parametrize("kind", ["tumbling, late", "shared", "sessions", "own windows"])
def test_a_restart_goes_on_too(kind: str) -> None:
    env = environment(1)
    env.enable_checkpointing(10)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:] = [N // 3, FAILS_AT]
    assert run(env, kind) == expected(kind)
    assert not FAILS
    assert len(STARTS) >= 3


@pytest.mark.parametrize("at_source", [False, True])
def test_watermarks_come_behind_the_same_records(tmp_path: Path, at_source: bool) -> None:
    kind, times = "tumbling, late", (Counting, at_source)
    checkpoint = fail_behind_a_checkpoint(tmp_path, 1, kind, *times)
    assert run(environment(1, execution__state_recovery__path=checkpoint), kind, *times) == expected(kind, *times)
    assert STARTS[0] == 0 < STARTS[1] < FAILS_AT, "it has not begun anew"


def test_a_generator_that_cannot_be_pickled_begins_anew(tmp_path: Path) -> None:
    class Local(EveryHundred):
        pass

    checkpoint = fail_behind_a_checkpoint(tmp_path, 1, "sessions", Local)
    assert run(environment(1, execution__state_recovery__path=checkpoint), "sessions", Local) == expected("sessions")


def test_windows_of_another_size_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = fail_behind_a_checkpoint(tmp_path, 1, "tumbling lists")
    monkeypatch.setitem(KINDS, "other", KINDS["sliding, late"])
    with pytest.raises(TypeError, match=r"lists, 100 ms of event time .* lists, 200 ms every 100 ms of event time"):
        run(environment(1, execution__state_recovery__path=checkpoint), "other")
