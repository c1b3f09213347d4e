"""Windows over columns: they give what windows with Python functions give, and what Flink SQL says of aggregates."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flott.common import Configuration, Duration, Row, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import AggregateFunction, DataStream, OutputTag, ProcessFunction, StreamExecutionEnvironment
from flott.datastream.functions import ProcessAllWindowFunction, ProcessWindowFunction
from flott.datastream.window import (
    ContinuousEventTimeTrigger,
    CountEvictor,
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    Trigger,
    TumblingEventTimeWindows,
    WindowAssigner,
)
from flott.errors import ConfigurationError
from flott.table.expressions import col, lit
from flott.testing import collect

Env = StreamExecutionEnvironment
RECORD = Types.ROW_NAMED(["user", "at", "amount"], [Types.STRING(), Types.LONG(), Types.LONG()])
LATE = OutputTag("late", RECORD)
TYPES = [Types.STRING(), Types.LONG(), Types.INT()]


class At(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        at: int = value[1]
        return at


class Everything(AggregateFunction):
    """Count, sum, least, greatest, first and last amount."""

    def create_accumulator(self) -> list[Any]:
        return []

    def add(self, value: Any, accumulator: list[Any]) -> list[Any]:
        return [*accumulator, value[2]]

    def get_result(self, accumulator: list[Any]) -> Any:
        return accumulator

    def merge(self, a: list[Any], b: list[Any]) -> list[Any]:
        return a + b


def summed(key: tuple[Any, ...], window: Any, amounts: list[Any]) -> tuple[Any, ...]:
    times = (window.start, window.end) if hasattr(window, "start") else (None, None)
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return (*key, *times, len(amounts), 0, None, None, None, 0)
    return (*key, *times, len(amounts), len(known), sum(known), min(known), max(known), len(set(known)))


class Lines(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        for amounts in elements:
            yield summed((key,), context.window(), amounts)


class AllLines(ProcessAllWindowFunction):
    def process(self, context: Any, elements: Any) -> Any:
        for amounts in elements:
            yield summed((), context.window(), amounts)


AGGREGATES = (
    lit(1).count.alias("records"),
    col("amount").count.alias("amounts"),
    col("amount").sum.alias("total"),
    col("amount").min.alias("least"),
    col("amount").max.alias("greatest"),
    col("amount").count.distinct.alias("different"),
)


def environment(batch_size: int | None, watermark_every: int = 1000) -> Env:
    configuration = Configuration()
    if batch_size is not None:
        configuration.set_string("flott.batch-size", str(batch_size))
    configuration.set_string("pipeline.auto-watermark-interval", "1 d")
    configuration.set_string("flott.watermark-every", str(watermark_every))
    env = Env.get_execution_environment(configuration)
    env.set_parallelism(1)
    return env


def tuples(stream: DataStream) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in collect(stream)]


def random_records(seed: int, count: int = 400) -> list[Row]:
    """Up to 40 ms out of order, some of them more, and a pause now and then; half of them before 1970."""
    rng = random.Random(seed)
    records, at = [], -2_000
    for _ in range(count):
        at += rng.choice((0, 1, 5, 10, 30)) if rng.random() < 0.98 else 400
        late = rng.randrange(40) if rng.random() < 0.9 else rng.randrange(400)
        amount = None if rng.random() < 0.1 else rng.randrange(-5, 20)
        records.append(Row(user=rng.choice("abcde"), at=at - late, amount=amount))
    return records


def timed(env: Env, records: list[Row], assigner: Any) -> DataStream:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(20)).with_timestamp_assigner(assigner)
    return env.from_collection(records, type_info=RECORD).assign_timestamps_and_watermarks(strategy)


Cut = Callable[[], WindowAssigner[Any, Any]]
WINDOWS: dict[str, tuple[Cut, Trigger[Any, Any] | None]] = {
    "tumbling": (lambda: TumblingEventTimeWindows.of(Time.milliseconds(50)), None),
    "tumbling with offset": (lambda: TumblingEventTimeWindows.of(Time.milliseconds(70), Time.milliseconds(13)), None),
    "sliding": (lambda: SlidingEventTimeWindows.of(Time.milliseconds(100), Time.milliseconds(10)), None),
    "sliding by a part": (lambda: SlidingEventTimeWindows.of(Time.milliseconds(100), Time.milliseconds(30)), None),
    "sliding with offset": (
        lambda: SlidingEventTimeWindows.of(Time.milliseconds(300), Time.milliseconds(20), Time.milliseconds(7)),
        None,
    ),
    "with gaps": (lambda: SlidingEventTimeWindows.of(Time.milliseconds(30), Time.milliseconds(70)), None),
    "session": (lambda: EventTimeSessionWindows.with_gap(Time.milliseconds(35)), None),
    "global": (GlobalWindows.create, CountTrigger.of(7)),
    "global, purged": (GlobalWindows.create, PurgingTrigger.of(CountTrigger.of(7))),
    "continuous": (
        lambda: TumblingEventTimeWindows.of(Time.milliseconds(200)),
        ContinuousEventTimeTrigger.of(Time.milliseconds(30)),
    ),
    "purging": (
        lambda: SlidingEventTimeWindows.of(Time.milliseconds(100), Time.milliseconds(50)),
        PurgingTrigger.of(ContinuousEventTimeTrigger.of(Time.milliseconds(30))),
    ),
}


def results(
    typed: bool, cut: Any, trigger: Any, lateness: int, batch_size: int | None, records: list[Row], of_all: bool = False
) -> tuple[list[Any], list[Any]]:
    """What comes out, and what came too late."""
    env = environment(batch_size, watermark_every=5)
    stream = timed(env, records, col("at") if typed else At())
    if of_all:
        windowed: Any = stream.window_all(cut())
    else:
        windowed = stream.key_by("user" if typed else lambda record: record[0]).window(cut())
    windowed.allowed_lateness(lateness).side_output_late_data(LATE)
    if trigger is not None:
        windowed.trigger(trigger)
    if typed:
        out = windowed.aggregate(*AGGREGATES)
    else:
        out = windowed.aggregate(Everything(), AllLines() if of_all else Lines())
    return tuples(out), tuples(out.get_side_output(LATE))


@pytest.mark.parametrize("batch_size", [1, 3, None])
@pytest.mark.parametrize("lateness", [0, 60])
@pytest.mark.parametrize("name", WINDOWS)
def test_results_are_those_of_python_functions(name: str, lateness: int, batch_size: int | None) -> None:
    cut, trigger = WINDOWS[name]
    for seed in range(3):
        records = random_records(seed)
        expected = results(False, cut, trigger, lateness, None, records)
        assert len(expected[0]) > 20
        assert results(True, cut, trigger, lateness, batch_size, records) == expected


@pytest.mark.parametrize("name", ["tumbling", "sliding", "session"])
def test_windows_of_all_records(name: str) -> None:
    cut, trigger = WINDOWS[name]
    records = random_records(7)
    expected = results(False, cut, trigger, 60, None, records, of_all=True)
    assert results(True, cut, trigger, 60, 3, records, of_all=True) == expected


@pytest.mark.parametrize(("size", "slide"), [(4, 0), (6, 2), (5, 3)])
def test_windows_of_a_number_of_records(size: int, slide: int) -> None:
    records = random_records(3, 100)

    def counted(typed: bool) -> list[Any]:
        env = environment(3)
        stream = timed(env, records, col("at") if typed else At())
        keyed: Any = stream.key_by("user" if typed else lambda record: record[0])
        windowed = keyed.count_window(size, slide)
        out = windowed.aggregate(*AGGREGATES) if typed else windowed.aggregate(Everything(), Lines())
        return tuples(out)

    found = counted(True)
    assert found == counted(False)
    assert found


def orders(env: Env, records: list[tuple[Any, ...]], names: str, types: list[Any]) -> DataStream:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("at"))
    type_info = Types.ROW_NAMED(names.split(), types)
    return env.from_collection(records, type_info=type_info).assign_timestamps_and_watermarks(strategy)


def test_rows_have_key_times_and_aggregates() -> None:
    env = environment(None)
    stream = orders(env, [("a", 1, 5), ("b", 2, 7), ("a", 61_000, 1)], "user at n", TYPES)
    out = (
        stream.key_by("user")
        .window(TumblingEventTimeWindows.of(Time.minutes(1)))
        .aggregate(col("n").sum.alias("total"), lit(1).count.alias("orders"))
    )
    assert out.get_type() == Types.ROW_NAMED(
        ["user", "window_start", "window_end", "total", "orders"],
        [Types.STRING(), Types.LONG(), Types.LONG(), Types.INT(), Types.LONG()],
    )
    assert tuples(out) == [("a", 0, 60_000, 5, 1), ("b", 0, 60_000, 7, 1), ("a", 60_000, 120_000, 1, 1)]


class TimeOf(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[int]:
        yield ctx.timestamp()


def test_results_have_the_time_of_the_record_that_filled_their_window() -> None:
    """A window of a number of records has no end: the next window of time goes by the last of its records."""
    stream = orders(environment(None), [("a", 3, 1), ("b", 4, 1), ("a", 7, 1)], "user at n", TYPES)
    counted = stream.key_by("user").count_window(2).aggregate(lit(1).count.alias("records"))
    assert collect(counted.process(TimeOf())) == [7]


def test_means_and_expressions_of_aggregates() -> None:
    env = environment(None)
    stream = orders(
        env,
        [("a", 1, 5, 0.5, None), ("a", 2, -2, 0.25, None), ("a", 3, -1, 1.0, None)],
        "user at n d nothing",
        [Types.STRING(), Types.LONG(), Types.INT(), Types.DOUBLE(), Types.LONG()],
    )
    out = (
        stream.key_by("user")
        .window(TumblingEventTimeWindows.of(Time.seconds(1)))
        .aggregate(
            # 2 / 3 and 1.75 / 3: integers are divided as integers
            col("n").avg.alias("mean"),
            (col("d").sum * 4).alias("quarters"),
            (col("n").max - col("n").min).alias("range"),
            col("nothing").sum.alias("of_nothing"),
            col("nothing").count.alias("no"),
            (col("n") * col("n")).sum.alias("squares"),
            col("n").first_value.alias("first"),
            col("n").last_value.alias("last"),
        )
    )
    assert tuples(out) == [("a", 0, 1000, 0, 7.0, 7, None, 0, 30, 5, -1)]


def test_the_time_of_a_result_is_the_windows_last_moment() -> None:
    env = environment(None)
    stream = orders(env, [("a", 1, 5), ("a", 1_500, 7)], "user at n", [Types.STRING(), Types.LONG(), Types.INT()])
    seconds = stream.key_by("user").window(TumblingEventTimeWindows.of(Time.seconds(1)))
    per_second = seconds.aggregate(col("n").sum.alias("n"))
    # windows of windows: 999 and 1999 are in the first two seconds
    two = per_second.key_by("user").window(TumblingEventTimeWindows.of(Time.seconds(2)))
    assert tuples(two.aggregate(col("n").sum.alias("n"))) == [("a", 0, 2000, 12)]


def test_late_records_without_a_side_output_are_counted() -> None:
    env = environment(None, watermark_every=1)
    types = [Types.STRING(), Types.LONG(), Types.INT()]
    stream = orders(env, [("a", 1, 5), ("a", 5_000, 7), ("a", 2, 9), ("b", 3, 1)], "user at n", types)
    windowed = stream.key_by("user").window(TumblingEventTimeWindows.of(Time.seconds(1)))
    windowed.aggregate(col("n").sum).name("windows").print()
    client = env.execute_async("late")
    client.get_job_execution_result().result()
    counters = {name: counters for _, name, _, counters in client._job._job.metrics()}  # type: ignore[attr-defined]
    assert counters["windows"]["numLateRecordsDropped"] == 2


@pytest.mark.parametrize("parallelism", [1, 2])
def test_no_python_and_any_parallelism(parallelism: int) -> None:
    from flott._flott import gate_entries

    env = environment(None)
    env.set_parallelism(parallelism)
    from_arrow = env.from_arrow(_table())
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("at"))
    windowed = (
        from_arrow.assign_timestamps_and_watermarks(strategy)
        .key_by("k")
        .window(SlidingEventTimeWindows.of(Time.milliseconds(200), Time.milliseconds(100)))
    )
    out = windowed.aggregate(lit(1).count.alias("records"))
    before = gate_entries()
    table = out.execute_and_collect_arrow()
    assert gate_entries() == before
    # 1000 records in two windows each
    assert sum(table.column("records")) == 2_000


def _table() -> Any:
    env = environment(None)
    from flott.datastream.connectors.number_seq import NumberSequenceSource

    source = NumberSequenceSource(0, 999)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    return numbers.select((col("value") % 7).alias("k"), col("value").alias("at")).execute_and_collect_arrow()


def test_a_sum_that_does_not_fit_fails_on_its_record() -> None:
    env = environment(None)
    stream = orders(env, [("a", 1, 2**31 - 1), ("a", 2, 1)], "user at n", [Types.STRING(), Types.LONG(), Types.INT()])
    out = stream.key_by("user").window(TumblingEventTimeWindows.of(Time.seconds(1))).aggregate(col("n").sum)
    with pytest.raises(Exception, match=r"sum\(n\): the sum is too large for INT"):
        collect(out)


def _windowed(keyed_by: Any = "user") -> Any:
    env = environment(None)
    stream = orders(env, [("a", 1, 5)], "user at n", [Types.STRING(), Types.LONG(), Types.INT()])
    return stream.key_by(keyed_by).window(TumblingEventTimeWindows.of(Time.seconds(1)))


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (lambda: col("m").sum, "unknown column 'm'"),
        (lambda: col("n") + 1, "the column n has many values in a window"),
        (lambda: lit(1), "it is no aggregate"),
        (lambda: col("user").sum, r"sum\(user\): a number is needed here, and user is a STRING"),
        (lambda: col("n").sum.alias("user"), "two fields of the results are called 'user'"),
        (lambda: col("n").sum.distinct, "can be distinct"),
    ],
)
def test_aggregates_that_do_not_fit_are_refused_where_they_are_asked_for(expression: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        _windowed().aggregate(expression())


def test_functions_and_expressions_do_not_mix() -> None:
    with pytest.raises(TypeError, match="either an AggregateFunction or expressions"):
        _windowed().aggregate(Everything(), col("n").sum)
    with pytest.raises(TypeError, match="either an AggregateFunction or expressions"):
        _windowed().aggregate(col("n").sum, Lines())
    with pytest.raises(TypeError, match="keeps no records that an evictor"):
        _windowed().evictor(CountEvictor.of(1)).aggregate(col("n").sum)
    with pytest.raises(TypeError, match="keyed by columns"):
        _windowed(lambda row: row[0]).aggregate(col("n").sum)


def test_an_event_time_that_is_null_or_no_time() -> None:
    env = environment(None)
    types = [Types.STRING(), Types.LONG()]
    stream = orders(env, [("a", None)], "user at", types)
    with pytest.raises(Exception, match="the event time at of a record is null"):
        collect(stream)
    text = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("user"))
    with pytest.raises(ConfigurationError, match="the event time: BIGINT"):
        stream.assign_timestamps_and_watermarks(text)
