"""Timers of process functions: when they fire, in which order, and what they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flott.common import Configuration, Duration, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, OutputTag, StreamExecutionEnvironment, TimeDomain
from flott.datastream.functions import KeyedProcessFunction, ProcessFunction, RuntimeContext
from flott.datastream.state import ValueStateDescriptor
from flott.testing import collect

Env = StreamExecutionEnvironment

NO_WATERMARK = -(2**63)
END_OF_TIME = 2**63 - 1


class Timed(KeyedProcessFunction):
    """Each record is `(key, act)`: `act(timers)` sets and deletes timers; each that fires is yielded."""

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        value[1](ctx.timer_service())

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ctx.get_current_key(), timestamp


Act = Callable[[Any], Any]


def timed(env: Env, *records: tuple[str, Act]) -> list[Any]:
    return collect(env.from_collection(list(records)).key_by(lambda record: record[0]).process(Timed()))


def at(*times: int) -> Act:
    return lambda timers: [timers.register_event_time_timer(time) for time in times]


def test_timers_fire_by_time_then_in_the_order_in_which_they_were_set(single: Env) -> None:
    fired = timed(single, ("b", at(30, 10)), ("a", at(10, -7)), ("c", at(10)))
    assert fired == [("a", -7), ("b", 10), ("a", 10), ("c", 10), ("b", 30)]


def test_a_key_has_one_timer_a_time(single: Env) -> None:
    assert timed(single, ("a", at(10, 10)), ("a", at(10)), ("b", at(10))) == [("a", 10), ("b", 10)]


def test_deleted_timers_do_not_fire(single: Env) -> None:
    def delete(time: int) -> Act:
        return lambda timers: timers.delete_event_time_timer(time)

    # the timer of another key, and one that was never set, stay as they are
    fired = timed(single, ("a", at(10, 20)), ("b", at(10)), ("a", delete(10)), ("b", delete(99)))
    assert fired == [("b", 10), ("a", 20)]


def test_every_timer_fires_at_the_end_of_the_input(env: Env) -> None:
    records = [(f"k{n}", at(n, END_OF_TIME)) for n in range(20)]
    expected = [(f"k{n}", time) for n in range(20) for time in (n, END_OF_TIME)]
    assert sorted(timed(env, *records)) == sorted(expected)


class Countdown(KeyedProcessFunction):
    """Sets a timer in `on_timer`, some of them for times that have passed."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.left = runtime_context.get_state(ValueStateDescriptor("left", Types.INT()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> None:
        self.left.update(value)
        ctx.timer_service().register_event_time_timer(100)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        left = self.left.value()
        yield left, timestamp, ctx.timestamp(), ctx.time_domain(), ctx.timer_service().current_watermark()
        if left > 1:
            self.left.update(left - 1)
            ctx.timer_service().register_event_time_timer(timestamp - 10)


def test_a_timer_can_set_the_next(single: Env) -> None:
    fired = collect(single.from_collection([3]).key_by(lambda n: n).process(Countdown()))
    event = TimeDomain.EVENT_TIME
    assert fired == [
        (3, 100, 100, event, END_OF_TIME),
        (2, 90, 90, event, END_OF_TIME),
        (1, 80, 80, event, END_OF_TIME),
    ]


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[1]
        return time


class Sees(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()
        ctx.timer_service().register_event_time_timer(value[1] + 1)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield "timer", timestamp


class Stamp(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def test_what_a_timer_emits_has_the_timers_time() -> None:
    env = Env.get_execution_environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())
    timed = env.from_collection([("a", 5)]).assign_timestamps_and_watermarks(strategy)
    stamped = timed.key_by(lambda record: record[0]).process(Sees()).process(Stamp())
    assert collect(stamped) == [((("a", 5), 5, NO_WATERMARK), 5), (("timer", 6), 6)]


def test_the_watermark_fires_timers_while_records_come(batch_size: int | None) -> None:
    # the watermark passes behind each record, wherever batches end: 10 - 0 - 1 = 9 behind the first
    env = Env.get_execution_environment(Configuration().set_integer("flott.watermark-every", 1))
    bounded = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(0))
    strategy = bounded.with_timestamp_assigner(SecondField())
    timed = env.from_collection([("a", 10), ("a", 20), ("a", 15)]).assign_timestamps_and_watermarks(strategy)
    assert collect(timed.key_by(lambda record: record[0]).process(Sees())) == [
        (("a", 10), 10, NO_WATERMARK),
        (("a", 20), 20, 9),
        # 20 - 1 = 19 passed 11
        ("timer", 11),
        (("a", 15), 15, 19),
        ("timer", 16),
        ("timer", 21),
    ]


LATE = OutputTag("late", Types.STRING())


class ToSide(KeyedProcessFunction):
    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(1)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield LATE, f"side {ctx.get_current_key()}"
        yield f"main {ctx.get_current_key()}"


def test_timers_emit_to_side_outputs(single: Env) -> None:
    processed = single.from_collection(["x", "y"]).key_by(lambda word: word).process(ToSide())
    assert collect(processed.get_side_output(LATE)) == ["side x", "side y"]
    assert collect(processed) == ["main x", "main y"]


class ProcessingTime(KeyedProcessFunction):
    """The first record's timer fires while the second one is still awaited."""

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        timers = ctx.timer_service()
        now = timers.current_processing_time()
        timers.register_processing_time_timer(now + 1)
        timers.register_processing_time_timer(now + 3_600_000)
        timers.register_processing_time_timer(now + 2)
        timers.delete_processing_time_timer(now + 2)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        assert ctx.timer_service().current_processing_time() >= timestamp
        yield ctx.get_current_key(), ctx.time_domain()


def test_processing_time_timers_fire_by_the_clock() -> None:
    env = Env.get_execution_environment()
    # unbounded, so that the job goes on until its result was read
    numbers = env.from_collection(["a"]).union(endless(env))
    fired = numbers.key_by(lambda word: word).process(ProcessingTime())
    with fired.execute_and_collect() as results:
        assert next(results) == ("a", TimeDomain.PROCESSING_TIME)


class InAnHour(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        timers = ctx.timer_service()
        timers.register_processing_time_timer(timers.current_processing_time() + 3_600_000)


def test_timers_of_processing_time_that_wait_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    keyed = Env.get_execution_environment().from_collection(["a", "b"]).key_by(lambda word: word)
    assert collect(keyed.process(InAnHour()).name("in an hour")) == []
    said = capfd.readouterr().err
    assert "in an hour: the input ended with timers of processing time to come (2), which never fire" in said


def endless(env: Env) -> DataStream:
    """A stream that never ends and has no records."""
    from flott.datastream.connectors.number_seq import NumberSequenceSource

    source = NumberSequenceSource(0, 2**62)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    return numbers.filter(lambda n: False).map(str)


class Unkeyed(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(1)


def test_timers_need_keys(single: Env) -> None:
    with pytest.raises(RuntimeError, match=r"a timer belongs to a key: call key_by\(\) before process\(\)"):
        collect(single.from_collection([1]).process(Unkeyed()))


class Failing(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(7)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> None:
        raise ValueError("too late")


def test_a_failing_timer_is_named(single: Env) -> None:
    with pytest.raises(ValueError, match="too late") as caught:
        collect(single.from_collection(["x"]).key_by(lambda word: word).process(Failing()).name("late"))
    (note,) = caught.value.__notes__
    assert "'late' (test_timers.py:" in note
    assert "while processing: the timer of 7 of the key 'x'" in note
