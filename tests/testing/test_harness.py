"""A job by hand: what is fed, what time it is, what comes out, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Row, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    BroadcastProcessFunction,
    CoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    OutputTag,
    ProcessFunction,
    RuntimeContext,
    TimeDomain,
)
from flott.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flott.datastream.window import TumblingEventTimeWindows
from flott.table.expressions import col
from flott.testing import Harness, StreamRecord, Timer

END = 2**63 - 1


class Remind(KeyedProcessFunction):
    """A timer 10 ms of event time behind each record, which says so."""

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)
        yield value

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield f"{ctx.get_current_key()} at {timestamp}"


class Tick(KeyedProcessFunction):
    """Fires every 100 ms of processing time from the first record on, as long as it has a key's state."""

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        timers = ctx.timer_service()
        timers.register_processing_time_timer(timers.current_processing_time() + 100)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        timers = ctx.timer_service()
        timers.register_processing_time_timer(timers.current_processing_time() + 100)
        yield timestamp, timers.current_processing_time()


class Everything(KeyedProcessFunction):
    """Keeps each record in a state of every kind."""

    ttl = StateTtlConfig.new_builder(Time.seconds(1)).build()

    def open(self, runtime_context: RuntimeContext) -> None:
        recent = ValueStateDescriptor("recent", Types.LONG())
        recent.enable_time_to_live(self.ttl)
        self.recent = runtime_context.get_state(recent)
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.LONG()))
        self.all = runtime_context.get_list_state(ListStateDescriptor("all", Types.LONG()))
        self.count = runtime_context.get_map_state(MapStateDescriptor("count", Types.LONG(), Types.LONG()))
        total = ReducingStateDescriptor("total", lambda a, b: a + b, Types.LONG())
        self.total = runtime_context.get_reducing_state(total)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        number = value[1]
        self.recent.update(number)
        self.last.update(number)
        self.all.add(number)
        self.count.put(number, (self.count.get(number) or 0) + 1)
        self.total.add(number)


def first(value: Any) -> Any:
    return value[0]


def test_what_follows_from_a_record_has_happened_when_feed_returns(flott_harness: Harness) -> None:
    h = flott_harness
    doubled = h.source("numbers").map(lambda n: n * 2)
    texts = doubled.filter(lambda n: n > 2).map(str)
    h.feed("numbers", 1)
    assert (h.output(doubled), h.output(texts)) == ([2], [])
    h.feed("numbers", 2, 3)
    assert (h.output(doubled), h.output(texts)) == ([2, 4, 6], ["4", "6"])


def test_take_gives_what_is_new(flott_harness: Harness) -> None:
    h = flott_harness
    numbers = h.source("numbers").map(lambda n: n)
    h.feed("numbers", 1, 2)
    assert h.take(numbers) == [1, 2]
    h.feed("numbers", 3)
    assert (h.take(numbers), h.take(numbers)) == ([3], [])


def test_records_have_their_event_time(flott_harness: Harness) -> None:
    h = flott_harness
    numbers = h.source("numbers").map(lambda n: -n)
    h.feed("numbers", 1, timestamp=1_000)
    h.feed("numbers", 2)
    assert h.records(numbers) == [StreamRecord(-1, 1_000), StreamRecord(-2, None)]


def test_watermarks_fire_event_time_timers(flott_harness: Harness) -> None:
    h = flott_harness
    reminded = h.source("names").key_by(first).process(Remind()).name("remind")
    h.feed("names", "ada", timestamp=5)
    h.feed("names", "bob", timestamp=1)
    timers = [Timer("b", 11, TimeDomain.EVENT_TIME), Timer("a", 15, TimeDomain.EVENT_TIME)]
    assert h.timers("remind") == h.timers(reminded) == timers
    h.watermark("names", 14)
    assert h.output(reminded) == ["ada", "bob", "b at 11"]
    assert h.timers(reminded) == timers[1:]
    assert h.current_watermark(reminded) == 14


def test_the_program_may_make_its_own_watermarks(flott_harness: Harness) -> None:
    h = flott_harness

    class Timestamps(TimestampAssigner):
        def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
            return int(value[1])

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Timestamps())
    timed = h.source("names").assign_timestamps_and_watermarks(strategy)
    reminded = timed.key_by(first).process(Remind())
    h.feed("names", ("a", 5))
    h.feed("names", ("b", 20))
    # event time is 20 - 1, behind the timer of 15
    assert (h.current_watermark(timed), h.output(reminded)) == (19, [("a", 5), ("b", 20), "a at 15"])


def test_event_time_of_two_inputs_is_the_lesser_one(flott_harness: Harness) -> None:
    h = flott_harness

    class Both(CoProcessFunction):
        def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Any]:
            yield ctx.timer_service().current_watermark()

        process_element2 = process_element1

    both = h.source("a").connect(h.source("b")).process(Both())
    assert h.current_watermark(both) is None
    h.watermark("a", 100)
    assert h.current_watermark(both) is None
    h.watermark("b", 40)
    h.feed("a", "now")
    assert (h.output(both), h.current_watermark(both)) == ([40], 40)
    h.finish("b")
    h.feed("a", "now")
    assert h.output(both) == [40, 100]


def test_processing_time_timers_fire_each_at_its_time(flott_harness: Harness) -> None:
    h = flott_harness
    ticks = h.source("names").key_by(first).process(Tick())
    h.advance(30)
    h.feed("names", "ada")
    h.set_processing_time(129)
    assert h.output(ticks) == []
    h.advance(250)
    assert h.output(ticks) == [(130, 130), (230, 230), (330, 330)]
    assert h.processing_time() == 379
    assert h.timers(ticks) == [Timer("a", 430, TimeDomain.PROCESSING_TIME)]


def test_the_clock_starts_where_the_test_says() -> None:
    with Harness(start_time=1_700_000_000_000) as h:
        ticks = h.source("names").key_by(first).process(Tick())
        h.feed("names", "ada")
        h.advance(100)
        assert h.output(ticks) == [(1_700_000_000_100, 1_700_000_000_100)]
        with pytest.raises(ValueError, match="it is 1700000000100 ms, not 5"):
            h.set_processing_time(5)


def test_side_outputs_are_seen_whether_they_are_read_or_not(flott_harness: Harness) -> None:
    h = flott_harness
    odd, large = OutputTag("odd"), OutputTag("large")

    class Split(ProcessFunction):
        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield value
            if value % 2:
                yield odd, value
            if value > 10:
                yield large, value

    split = h.source("numbers").process(Split())
    read = split.get_side_output(odd).map(lambda n: n * 100)
    h.feed("numbers", 1, 12, 13)
    assert (h.side_output(split, odd), h.side_output(split, large)) == ([1, 13], [12, 13])
    assert (h.output(split.get_side_output(odd)), h.output(read)) == ([1, 13], [100, 1300])
    assert h.output(split) == [1, 12, 13]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_state_is_seen_by_key(parallelism: int) -> None:
    with Harness(parallelism) as h:
        kept = h.source("pairs").key_by(first).process(Everything()).uid("kept")
        h.feed("pairs", ("a", 1), ("b", 7), ("a", 2), ("a", 1))
        assert h.states(kept, "last") == {"a": 1, "b": 7}
        assert h.state("kept", "last", "a") == 1
        assert h.state(kept, "all", "a") == [1, 2, 1]
        assert h.state(kept, "count", "a") == {1: 2, 2: 1}
        assert h.state(kept, ReducingStateDescriptor("total", lambda a, b: a + b, Types.LONG()), "a") == 4
        assert h.state(kept, "last", "nobody") is None


def test_state_that_has_expired_is_not_there(flott_harness: Harness) -> None:
    h = flott_harness
    kept = h.source("pairs").key_by(first).process(Everything())
    h.feed("pairs", ("a", 1))
    h.advance(999)
    assert h.state(kept, "recent", "a") == 1
    h.advance(1)
    assert (h.state(kept, "recent", "a"), h.states(kept, "recent"), h.state(kept, "last", "a")) == (None, {}, 1)


def test_keys_of_different_types_are_different_keys(flott_harness: Harness) -> None:
    h = flott_harness
    kept = h.source("pairs").key_by(first).process(Everything())
    h.feed("pairs", (1, 10), (True, 20), ("1", 30))
    assert [h.state(kept, "last", key) for key in (1, True, "1")] == [10, 20, 30]


@pytest.mark.parametrize("parallelism", [1, 2])
def test_broadcast_state(parallelism: int) -> None:
    rules = MapStateDescriptor("rules", Types.STRING(), Types.LONG())

    class Apply(BroadcastProcessFunction[Any, Any, Any]):
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            yield value * (ctx.get_broadcast_state(rules).get("factor") or 1)

        def process_broadcast_element(self, value: Any, ctx: Any) -> None:
            ctx.get_broadcast_state(rules).put(*value)

    with Harness(parallelism) as h:
        applied = h.source("numbers").connect(h.source("rules").broadcast(rules)).process(Apply())
        h.feed("numbers", 2)
        h.feed("rules", ("factor", 10))
        h.feed("numbers", 2)
        assert h.output(applied) == [2, 20]
        assert h.broadcast_state(applied, rules) == {"factor": 10}
        with pytest.raises(ValueError, match="no broadcast state 'laws'"):
            h.broadcast_state(applied, "laws")


def test_typed_streams_give_rows(flott_harness: Harness) -> None:
    h = flott_harness
    orders = h.source("orders", Types.ROW_NAMED(["id", "amount"], [Types.LONG(), Types.DOUBLE()]))
    large = orders.filter(col("amount") > 10)
    h.feed("orders", Row(1, 5.0), Row(2, 50.0))
    assert h.output(large) == [Row(id=2, amount=50.0)]
    with pytest.raises(TypeError, match="orders"):
        h.feed("orders", Row(3, 70.0), "no order")
    assert h.output(large) == [Row(id=2, amount=50.0)], "all of them or none"


def test_other_sources_run_beside_those_that_are_fed(flott_harness: Harness) -> None:
    h = flott_harness
    more = h.source("more")
    all, twice = h.env.from_collection([1, 2]).union(more), more.union(more)
    h.feed("more", 3)
    assert (sorted(h.output(all)), h.output(twice)) == ([1, 2, 3], [3, 3])


def test_the_end_fires_event_time_timers_and_closes_functions(flott_harness: Harness) -> None:
    h, closed = flott_harness, []

    class Noted(Remind):
        def close(self) -> None:
            closed.append(True)

        def __deepcopy__(self, memo: Any) -> Noted:
            return self

    reminded = h.source("names").key_by(first).process(Noted())
    ticks = h.source("more").key_by(first).process(Tick())
    h.feed("names", "ada", timestamp=5)
    h.feed("more", "ada")
    h.finish("names")
    assert h.output(reminded) == ["ada", "a at 15"]
    h.finish()
    assert (h.output(ticks), h.current_watermark(ticks), closed) == ([], END, [True])
    with pytest.raises(RuntimeError, match="the job has ended"):
        h.feed("more", "bob")


def test_an_exception_of_a_function_comes_out_as_itself(flott_harness: Harness) -> None:
    h = flott_harness
    inverse = h.source("numbers").map(lambda n: 1 / n).name("inverse")
    h.feed("numbers", 4)
    with pytest.raises(ZeroDivisionError) as raised:
        h.feed("numbers", 0)
    assert "in operator 'inverse' (test_harness.py:" in str(raised.value.__notes__)  # type: ignore[attr-defined]
    assert h.output(inverse) == [0.25]
    with pytest.raises(RuntimeError, match="the job has failed with ZeroDivisionError"):
        h.feed("numbers", 1)


def test_an_exception_in_open_and_in_timers(flott_harness: Harness) -> None:
    class Refuses(MapFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            raise OSError("no licence")

        def map(self, value: Any) -> Any:
            return value

    class Late(Tick):
        def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
            raise TimeoutError(timestamp)

    with Harness() as h:
        h.source("names").map(Refuses())
        with pytest.raises(OSError, match="no licence"):
            h.feed("names", "ada")
    flott_harness.source("names").key_by(first).process(Late())
    flott_harness.feed("names", "ada")
    with pytest.raises(TimeoutError, match="100"):
        flott_harness.advance(1_000)
    assert flott_harness.processing_time() == 100


def test_functions_are_closed_with_the_harness() -> None:
    closed = []

    class Noted(MapFunction):
        def map(self, value: Any) -> Any:
            return value

        def close(self) -> None:
            closed.append(True)

        def __deepcopy__(self, memo: Any) -> Noted:
            return self

    with Harness() as h:
        h.source("names").map(Noted())
        h.feed("names", "ada")
        assert closed == []
    h.close()
    assert closed == [True]


def together(seed: int) -> list[Any]:
    """What comes out where two sources are read at once, by two subtasks."""
    with Harness(parallelism=2, seed=seed) as h:
        all = h.source("a").union(h.source("b")).map(lambda n: n)
        with h.together():
            h.feed("a", *range(10))
            h.feed("b", *range(10, 20))
            assert h.output(all) == []
        return h.output(all)


def test_a_seed_draws_the_order() -> None:
    orders = {tuple(together(seed)) for seed in range(8)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(range(20))}
    assert together(3) == together(3)


def test_counters(flott_harness: Harness) -> None:
    h = flott_harness

    class Counted(MapFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            self.large = runtime_context.get_metrics_group().counter("large")

        def map(self, value: Any) -> Any:
            if value > 10:
                self.large.inc()
            return value

    counted = h.source("numbers").map(Counted())
    printed = counted.print()
    h.feed("numbers", 1, 11, 12)
    assert h.counters(counted)["large"] == 2
    assert h.counters(printed)["numRecordsIn"] == 3


def test_what_a_harness_refuses(flott_harness: Harness) -> None:
    h = flott_harness
    with pytest.raises(RuntimeError, match="nothing to run"):
        h.finish()
    names = h.source("names")
    mapped = names.map(str).name("text")
    names.map(str).name("text")
    with pytest.raises(ValueError, match="source 'names' already"):
        h.source("names")
    with pytest.raises(RuntimeError, match="without execute"):
        h.env.execute()
    with pytest.raises(RuntimeError, match="without execute"):
        mapped.execute_and_collect()


def test_what_a_running_harness_refuses(flott_harness: Harness) -> None:
    h = flott_harness
    names = h.source("names")
    kept = names.key_by(first).process(Everything()).name("kept")
    names.map(str).name("text")
    names.map(str).name("text")
    h.feed("names", ("a", 1))
    with pytest.raises(ValueError, match="no source 'nmaes'; there are: names"):
        h.feed("nmaes", "ada")
    with pytest.raises(ValueError, match="no operator 'kpet'; there are: 'names', 'kept', 'text', 'text'"):
        h.timers("kpet")
    with pytest.raises(ValueError, match="2 operators are called 'text'"):
        h.timers("text")
    with pytest.raises(ValueError, match="'kept' has no keyed state 'lsat'; it has: all, count, last, recent, total"):
        h.state(kept, "lsat", "a")
    with pytest.raises(RuntimeError, match="make all streams before the first record"):
        h.source("more")
    names.map(str).name("too late")
    with pytest.raises(RuntimeError, match="without too late"):
        h.feed("names", ("a", 1))


def test_a_stream_of_another_job_is_refused(flott_harness: Harness) -> None:
    h, other = flott_harness, Harness()
    h.source("numbers").map(str)
    stream = other.source("others").map(str)
    for look in h.output, h.timers, h.current_watermark:
        with pytest.raises(ValueError, match="'Map' is not part of the job"):
            look(stream)


def test_a_function_cannot_drive_its_own_job(flott_harness: Harness) -> None:
    h = flott_harness
    h.source("numbers").map(lambda n: h.feed("numbers", n + 1))
    with pytest.raises(RuntimeError, match="can't drive the job it runs in"):
        h.feed("numbers", 1)


def test_windows_by_hand(flott_harness: Harness) -> None:
    h, late = flott_harness, OutputTag("late")
    windowed = h.source("orders").key_by(first).window(TumblingEventTimeWindows.of(Time.seconds(1)))
    totals = windowed.side_output_late_data(late).reduce(lambda a, b: (a[0], a[1] + b[1]))
    h.feed("orders", ("a", 1), ("b", 5), timestamp=100)
    h.feed("orders", ("a", 2), timestamp=999)
    h.feed("orders", ("a", 4), timestamp=1_000)
    # a window's last millisecond is the one before its end
    expected = {Timer("a", 999, TimeDomain.EVENT_TIME), Timer("b", 999, TimeDomain.EVENT_TIME)}
    assert set(h.timers(totals)) == expected | {Timer("a", 1_999, TimeDomain.EVENT_TIME)}
    h.watermark("orders", 998)
    assert h.output(totals) == []
    h.watermark("orders", 999)
    assert sorted(h.take(totals)) == [("a", 3), ("b", 5)]
    h.feed("orders", ("a", 8), timestamp=500)
    assert h.side_output(totals, late) == [("a", 8)]
    h.finish()
    assert (h.output(totals), h.timers(totals)) == ([("a", 4)], [])
