"""A job that has some state of each kind, and what its results are by hand.

``write.py`` runs its first half and keeps the checkpoint at which all of that is in state; ``test_older_versions.py``
goes on from there. Nothing that a checkpoint names may be renamed or moved: uids, names of states, this module.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flott.common import Row, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    BroadcastProcessFunction,
    DataStream,
    KeyedProcessFunction,
    MapFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.connectors.python import Committer, PythonSink, PythonSource, SinkContext, SinkWriter, Split
from flott.datastream.functions import AggregateFunction, ProcessWindowFunction
from flott.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flott.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows
from flott.table.expressions import col

#: The numbers from 0 to ALL come; the checkpoint is taken when those below HALF have.
HALF, ALL = 600, 1200
#: As many come at a pace of their own, and some of them are in the checkpoint.
PACED = 1000
KEYS = 7
#: In ms; session windows end where the numbers pause.
PAUSE = 300


class Halves(PythonSource):
    """The first half of the numbers, and the second one where it begins with that or may go on."""

    def __init__(self, stops: bool) -> None:
        self.stops = stops

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("all", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int] | None]:
        for number in range(split.position, ALL):
            while self.stops and number == HALF:
                time.sleep(0.01)
                yield None
            yield number, number + 1


class Paced(MapFunction):
    """Slow in the first half of the job."""

    def __init__(self, slow: bool) -> None:
        self.slow = slow

    def map(self, value: int) -> int:
        if self.slow:
            time.sleep(0.01)
        return value


class At(TimestampAssigner):
    """The number n comes at n ms, and later by a pause for each that was before."""

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return at(value)


def at(number: int) -> int:
    return number + number // PAUSE * 100


class Average(AggregateFunction):
    def create_accumulator(self) -> list[int]:
        return [0, 0]

    def add(self, value: int, accumulator: list[int]) -> list[int]:
        return [accumulator[0] + value, accumulator[1] + 1]

    def get_result(self, accumulator: list[int]) -> tuple[int, int]:
        return accumulator[0], accumulator[1]

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        return [one[0] + other[0], one[1] + other[1]]


LONG_LIVED = StateTtlConfig.new_builder(Time.days(36_500)).build()
SHORT_LIVED = StateTtlConfig.new_builder(Time.milliseconds(1)).build()


class Kinds(KeyedProcessFunction):
    """All kinds of keyed state, with and without a time to live, and timers of both kinds."""

    def open(self, runtime_context: RuntimeContext) -> None:
        longs = Types.LONG()
        average = AggregatingStateDescriptor("aggregating", Average(), Types.PICKLED_BYTE_ARRAY())
        long_lived, short_lived = ValueStateDescriptor("long lived", longs), ValueStateDescriptor("short lived", longs)
        long_lived.enable_time_to_live(LONG_LIVED)
        short_lived.enable_time_to_live(SHORT_LIVED)
        lived = MapStateDescriptor("long lived map", longs, longs)
        lived.enable_time_to_live(LONG_LIVED)
        self.value = runtime_context.get_state(ValueStateDescriptor("value", longs))
        self.text = runtime_context.get_state(ValueStateDescriptor("text", Types.STRING()))
        self.list = runtime_context.get_list_state(ListStateDescriptor("list", longs))
        self.map = runtime_context.get_map_state(MapStateDescriptor("map", longs, longs))
        self.reducing = runtime_context.get_reducing_state(ReducingStateDescriptor("reducing", max, longs))
        self.aggregating = runtime_context.get_aggregating_state(average)
        self.long_lived = runtime_context.get_state(long_lived)
        self.short_lived = runtime_context.get_state(short_lived)
        self.lived = runtime_context.get_map_state(lived)

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.value.update((self.value.value() or 0) + value)
        self.list.update([*list(self.list)[-2:], value])
        self.map.put(value % 10, (self.map.get(value % 10) or 0) + 1)
        self.reducing.add(value)
        self.aggregating.add(value)
        if value < HALF:
            self.long_lived.update(value)
            self.short_lived.update(value)
            self.lived.put(value % 2, value)
            # so much that a subtask's state has a file of its own
            self.text.update(str(value % KEYS) * 6_000)
        timers = ctx.timer_service()
        if value < KEYS:
            timers.register_event_time_timer(at(1000))
            # long ago when the job goes on, and not yet while it is written
            timers.register_processing_time_timer(timers.current_processing_time() + 60_000)
        timers.register_event_time_timer(2**62)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        key = ctx.get_current_key()
        if timestamp == at(1000):
            yield "timer", key, timestamp
        elif timestamp == 2**62:
            yield "value", key, self.value.value()
            yield "text", key, self.text.value()
            yield "list", key, tuple(self.list)
            yield "map", key, tuple(sorted(self.map.items()))
            yield "reducing", key, self.reducing.get()
            yield "aggregating", key, self.aggregating.get()
            yield "long lived", key, self.long_lived.value()
            yield "short lived", key, self.short_lived.value()
            yield "long lived map", key, tuple(sorted(self.lived.items()))
        else:
            yield "overdue", key, None


class Lists(ProcessWindowFunction):
    def process(self, key: int, context: ProcessWindowFunction.Context, elements: Iterable[Any]) -> Iterable[Any]:
        window: Any = context.window()
        yield "tumbling", key, (window.start, tuple(elements))


class Named(ProcessWindowFunction):
    """Gives an aggregate its kind, key and window."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def process(self, key: int, context: ProcessWindowFunction.Context, elements: Iterable[Any]) -> Iterable[Any]:
        window: Any = context.window()
        yield self.kind, key, (window.start, *next(iter(elements)))


RULES = MapStateDescriptor("rules", Types.STRING(), Types.LONG())


class Ruled(BroadcastProcessFunction):
    """Adds what a rule says, for the numbers of the second half."""

    def process_element(self, value: int, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterator[Any]:
        if value >= HALF and value % 100 == 0:
            yield "ruled", value, ctx.get_broadcast_state(RULES).get("add")

    def process_broadcast_element(self, value: Any, ctx: BroadcastProcessFunction.Context) -> Iterator[Any]:
        ctx.get_broadcast_state(RULES).put(*value)
        yield from ()


class Committed(PythonSink):
    """Keeps what it has committed."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return Writer()

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        return Commits(self.results)


class Writer(SinkWriter):
    def __init__(self) -> None:
        self.written: list[Any] = []

    def write(self, value: Any, context: SinkContext) -> None:
        self.written.append(value)

    def prepare_commit(self) -> list[Any]:
        written, self.written = self.written, []
        return [written] if written else []


class Commits(Committer):
    def __init__(self, results: list[Any]) -> None:
        self.results = results

    def commit(self, committables: Sequence[Any]) -> None:
        for written in committables:
            self.results.extend(written)


RECORD = Types.ROW_NAMED(["key", "number"], [Types.LONG(), Types.LONG()])


def build(env: StreamExecutionEnvironment, first_half: bool) -> Committed:
    """Adds the job to the environment; its results are those of what this returns.

    :param first_half: stop at HALF, and let the other numbers come slowly
    """
    times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(At())
    halves = env.from_source(Halves(first_half), times, "halves", Types.LONG()).set_parallelism(1).uid("halves")
    keyed = halves.key_by(lambda value: value % KEYS)

    def ms(number: int) -> Time:
        return Time.milliseconds(number)

    kinds: DataStream = keyed.process(Kinds()).uid("kinds")
    tumbling = keyed.window(TumblingEventTimeWindows.of(ms(500))).process(Lists()).uid("tumbling")
    sliding = keyed.window(SlidingEventTimeWindows.of(ms(1600), ms(100))).aggregate(Average(), Named("sliding"))
    sessions = keyed.window(EventTimeSessionWindows.with_gap(ms(50))).aggregate(Average(), Named("session"))
    counted = keyed.count_window(13).reduce(lambda one, other: one + other).uid("counted")
    rows = halves.map(lambda value: Row(value % KEYS, value), RECORD).set_parallelism(1).uid("rows")
    sums = rows.key_by("key").sum("number").uid("sums")
    columns = rows.key_by("key").window(TumblingEventTimeWindows.of(ms(500))).aggregate(col("number").sum.alias("sum"))
    rules = env.from_collection([("add", 5)]).uid("rules").broadcast(RULES)
    ruled = halves.connect(rules).process(Ruled()).uid("ruled")
    numbers = NumberSequenceSource(0, PACED - 1)
    paced = env.from_source(numbers, WatermarkStrategy.no_watermarks(), "paced", Types.LONG()).uid("paced")
    reduced = paced.set_parallelism(1).map(Paced(first_half)).set_parallelism(1).uid("pace")
    reduced = reduced.key_by(lambda value: value % KEYS).reduce(lambda one, other: one + other).uid("reduced")
    results = kinds.union(
        tumbling,
        sliding.uid("sliding"),
        sessions.uid("sessions"),
        counted.map(lambda total: ("counted", None, total)),
        sums.map(lambda row: ("sum", row[0], row[1])),
        columns.uid("columns").map(lambda row: ("columns", row[0], tuple(row)[1:])),
        ruled,
        reduced.map(lambda total: ("reduced", None, total)),
    )
    sink = Committed()
    results.sink_to(sink).uid("sink")
    return sink


def expected() -> Iterator[tuple[str, Any, Any]]:
    """The results of the whole job, with plain lists and sums."""
    for key in range(KEYS):
        own = list(range(key, ALL, KEYS))
        old = [number for number in own if number < HALF]
        yield "timer", key, at(1000)
        yield "overdue", key, None
        yield "value", key, sum(own)
        yield "text", key, str(key) * 6_000
        yield "list", key, tuple(own[-3:])
        digits = [number % 10 for number in own]
        yield "map", key, tuple((digit, digits.count(digit)) for digit in range(10))
        yield "reducing", key, own[-1]
        yield "aggregating", key, (sum(own), len(own))
        yield "long lived", key, old[-1]
        yield "short lived", key, None
        yield "long lived map", key, tuple((rest, max(n for n in old if n % 2 == rest)) for rest in (0, 1))
        for start in range(0, at(ALL), 500):
            inside = [number for number in own if start <= at(number) < start + 500]
            if inside:
                yield "tumbling", key, (start, tuple(inside))
                yield "columns", key, (start, start + 500, sum(inside))
        for start in range(-1500, at(ALL), 100):
            inside = [number for number in own if start <= at(number) < start + 1600]
            if inside:
                yield "sliding", key, (start, sum(inside), len(inside))
        for first in range(0, ALL, PAUSE):
            inside = [number for number in own if first <= number < first + PAUSE]
            yield "session", key, (at(inside[0]), sum(inside), len(inside))
        for first in range(0, len(own) - 12, 13):
            yield "counted", None, sum(own[first : first + 13])
        for count in range(1, len(own) + 1):
            yield "sum", key, sum(own[:count])
        paced = list(range(key, PACED, KEYS))
        for count in range(1, len(paced) + 1):
            yield "reduced", None, sum(paced[:count])
    for number in range(HALF, ALL, 100):
        yield "ruled", number, 5
