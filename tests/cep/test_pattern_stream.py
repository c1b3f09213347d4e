"""Patterns over streams: what functions are given, time, late data, time-outs, order, parallelism, exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from flott.cep import (
    CEP,
    AfterMatchSkipStrategy,
    IterativeCondition,
    Pattern,
    PatternFlatSelectFunction,
    PatternProcessFunction,
    PatternSelectFunction,
    RichIterativeCondition,
    SimpleCondition,
    TimedOutPartialMatchHandler,
    WithinType,
)
from flott.common import Duration, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, OutputTag, RuntimeContext, StreamExecutionEnvironment
from flott.testing import Harness, collect

Env = StreamExecutionEnvironment
Event = tuple[str, int, int]


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[1]
        return time


def timed(env: Env, records: list[Event]) -> DataStream:
    """Records `(key, time, number)`; the watermark follows at the end."""
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(SecondField())
    return env.from_collection(records).assign_timestamps_and_watermarks(strategy)


def rising() -> Pattern:
    """Three numbers in a row, each above the one before, within a second."""
    return (
        Pattern.begin("a", AfterMatchSkipStrategy.skip_past_last_event())
        .next("b")
        .where(lambda e, ctx: e[2] > ctx.get_events_for_pattern("a")[0][2])
        .next("c")
        .where(lambda e, ctx: e[2] > ctx.get_events_for_pattern("b")[0][2])
        .within(Duration.of_seconds(1))
    )


def numbers(match: dict[str, list[Event]]) -> str:
    return " ".join(f"{name}={[event[2] for event in events]}" for name, events in match.items())


#: By key and in the order of time: x has 1 2 3 | 4 2 5, y has 9 8 and 9 more than a second later.
ORDERS = [
    ("x", 30, 3), ("y", 10, 9), ("x", 10, 1), ("x", 20, 2), ("x", 40, 4), ("y", 20, 8), ("x", 60, 5), ("x", 50, 2),
    ("y", 2000, 9),
]  # fmt: skip


def test_the_events_of_each_key_are_matched_in_the_order_of_time(env: Env) -> None:
    found = CEP.pattern(timed(env, ORDERS).key_by(lambda e: e[0]), rising()).select(numbers)
    assert collect(found) == ["a=[1] b=[2] c=[3]"]


def test_without_keys_all_events_are_one_sequence(env: Env) -> None:
    # in the order of time: 9 1 | 2 8 | 3 4 2 5 ...: x10=1 and y10=9 are of one time, y came first
    found = CEP.pattern(timed(env, ORDERS), rising()).select(numbers)
    # 1(10) 2(20) 8(20) is the first rise; 3(30) 4(40) 2(50) none
    assert collect(found) == ["a=[1] b=[2] c=[8]"]


class Lengths(PatternSelectFunction):
    def select(self, match: dict[str, list[Event]]) -> int:
        return sum(map(len, match.values()))


class Each(PatternFlatSelectFunction):
    def flat_select(self, match: dict[str, list[Event]]) -> Iterable[int]:
        for events in match.values():
            yield events[0][2]


class Told(PatternProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.subtask = runtime_context.get_index_of_this_subtask()

    def process_match(self, match: dict[str, list[Event]], ctx: PatternProcessFunction.Context) -> Iterable[Any]:
        yield numbers(match), ctx.timestamp(), self.subtask


def test_results_may_be_made_in_each_way(single: Env) -> None:
    matches = CEP.pattern(timed(single, ORDERS).key_by(lambda e: e[0]), rising())
    assert collect(matches.select(Lengths(), output_type=Types.INT())) == [3]
    assert collect(matches.flat_select(Each())) == [1, 2, 3]
    assert collect(matches.flat_select(lambda match: [] if len(match) == 3 else None)) == []
    # the time is that of the last event
    assert collect(matches.process(Told())) == [("a=[1] b=[2] c=[3]", 30, 0)]


def test_results_have_the_time_of_their_match(flott_harness: Harness) -> None:
    source = flott_harness.source("events")
    found = CEP.pattern(source.key_by(lambda e: e[0]), rising()).select(numbers)
    for event in ORDERS[:4]:
        flott_harness.feed("events", event, timestamp=event[1])
    flott_harness.watermark("events", 29)
    assert flott_harness.output(found) == []
    flott_harness.watermark("events", 30)
    assert flott_harness.output(found) == ["a=[1] b=[2] c=[3]"]
    assert [record.timestamp for record in flott_harness.records(found)] == [30]


unpaid = OutputTag("unpaid")


class Payment(PatternProcessFunction, TimedOutPartialMatchHandler):
    def process_match(self, match: dict[str, list[Event]], ctx: PatternProcessFunction.Context) -> Iterable[Any]:
        yield "paid", match["order"][0][2]

    def process_timed_out_match(
        self, match: dict[str, list[Event]], ctx: PatternProcessFunction.Context
    ) -> Iterable[Any] | None:
        ctx.output(unpaid, (match["order"][0][2], ctx.timestamp()))
        yield unpaid, "again"


def payment() -> Pattern:
    return (
        Pattern.begin("order")
        .where(lambda e: e[0] == "order")
        .followed_by("pay")
        .where(lambda e, ctx: e[0] == "pay" and e[2] == ctx.get_events_for_pattern("order")[0][2])
        .within(100)
    )


PAYMENTS = [("order", 0, 1), ("order", 10, 2), ("pay", 99, 1), ("pay", 110, 2)]


def test_partial_matches_that_run_out_of_time_go_to_a_side_output(single: Env) -> None:
    paid = CEP.pattern(timed(single, PAYMENTS), payment()).process(Payment())
    out_of_time = paid.get_side_output(unpaid)
    assert collect(paid) == [("paid", 1)]
    # 2 was ordered at 10: at 110 its time is over, and the payment of that very moment comes too late
    assert collect(out_of_time) == ["again", (2, 110)]


def test_select_has_a_side_output_for_time_outs(single: Env) -> None:
    tag = OutputTag("late payments", Types.INT())
    stream = CEP.pattern(timed(single, PAYMENTS), payment())
    paid = stream.select(tag, lambda match, time: time, lambda match: match["pay"][0][2])
    assert (collect(paid), collect(paid.get_side_output(tag))) == ([1], [110])
    flat = stream.flat_select(tag, lambda match, time: [time, time + 1], lambda match: [0, 0])
    assert (collect(flat), collect(flat.get_side_output(tag))) == ([0, 0], [110, 111])


def test_late_events_go_to_a_side_output_or_are_counted(flott_harness: Harness) -> None:
    h, late = flott_harness, OutputTag("late")
    pattern = Pattern.begin("any").where(lambda e: True)
    stream = CEP.pattern(h.source("events"), pattern)
    with_side = stream.side_output_late_data(late).select(numbers)
    without = stream.select(numbers)
    h.watermark("events", 50)
    h.feed("events", ("x", 50, 1), timestamp=50)
    h.feed("events", ("x", 51, 2), timestamp=51)
    h.finish("events")
    assert h.output(with_side) == ["any=[2]"]
    assert h.output(without) == ["any=[2]"]
    assert h.side_output(with_side, late) == [("x", 50, 1)]


class Descending:
    def compare(self, left: Event, right: Event) -> int:
        return right[2] - left[2]


@pytest.mark.parametrize(
    ("comparator", "found"),
    [
        (None, []),
        (lambda left, right: left[2] - right[2], ["a=[1] b=[2] c=[3]"]),
        (Descending(), []),
    ],
)
def test_events_of_one_time_are_in_the_order_of_the_comparator(env: Env, comparator: Any, found: list[str]) -> None:
    events = timed(env, [("x", 5, 2), ("x", 5, 3), ("x", 5, 1)]).key_by(lambda e: e[0])
    assert collect(CEP.pattern(events, rising(), comparator).select(numbers)) == found


def test_in_processing_time_events_count_when_they_come(flott_harness: Harness) -> None:
    h = flott_harness
    matches = CEP.pattern(h.source("events"), payment()).in_processing_time()
    paid = matches.process(Payment())
    for event in PAYMENTS[:2]:
        h.feed("events", event)
    start = h.processing_time()
    h.advance(99)
    h.feed("events", PAYMENTS[2])
    assert h.output(paid) == [("paid", 1)]
    assert h.side_output(paid, unpaid) == []
    h.advance(1)
    assert h.side_output(paid, unpaid) == ["again", (2, start + 100)]


def test_an_event_without_timestamp_says_what_to_do(single: Env) -> None:
    stream = CEP.pattern(single.from_collection([("x", 1, 1)]), rising())
    with pytest.raises(ValueError, match="a record has no timestamp, and patterns go by event time"):
        collect(stream.select(numbers))
    pattern = Pattern.begin("any")
    found = CEP.pattern(single.from_collection([("x", 1, 1)]), pattern).in_processing_time().select(numbers)
    assert collect(found) == ["any=[1]"]


CALLS: list[int] = []


def counted(event: Event) -> bool:
    CALLS.append(event[2])
    return event[0] == "a"


def test_a_condition_is_called_once_an_event_however_many_matches_are_open(single: Env) -> None:
    CALLS.clear()
    pattern = Pattern.begin("a").where(counted).one_or_more().followed_by_any("b").where(lambda e: e[0] == "b")
    events = [("a", time, time) for time in range(20)] + [("b", 20, 20)]
    found = collect(CEP.pattern(timed(single, events), pattern).select(len))
    # a run of 1 to 20 events that begins at each of them: 20 + 19 + ... + 1
    assert len(found) == 210
    assert sorted(CALLS) == list(range(21))


class Above(RichIterativeCondition):
    opened = 0
    closed = 0

    def open(self, runtime_context: RuntimeContext) -> None:
        super().open(runtime_context)
        Above.opened += 1

    def filter(self, value: Event, ctx: IterativeCondition.Context) -> bool:
        assert self.get_runtime_context().get_number_of_parallel_subtasks() == 1
        assert ctx.timestamp() == value[1]
        assert ctx.current_processing_time() > 0
        return value[2] > sum(event[2] for event in ctx.get_events_for_pattern("a"))

    def close(self) -> None:
        Above.closed += 1


KEPT: list[Any] = []


def test_conditions_of_each_kind(single: Env) -> None:
    Above.opened = Above.closed = 0
    pattern = Pattern.begin("a").where(SimpleCondition.of(lambda e: e[2] < 5)).next("b").where(Above())
    events = [("x", 1, 1), ("x", 2, 2), ("x", 3, 9)]
    assert collect(CEP.pattern(timed(single, events), pattern).select(numbers)) == ["a=[1] b=[2]", "a=[2] b=[9]"]
    assert (Above.opened, Above.closed) == (1, 1)


def test_the_context_of_a_condition_is_good_during_the_call_only(single: Env) -> None:
    KEPT.clear()

    def keeps(event: Event, ctx: Any) -> bool:
        KEPT.append(ctx)
        return True

    collect(CEP.pattern(timed(single, [("x", 1, 1)]), Pattern.begin("a").where(keeps)).select(len))
    with pytest.raises(RuntimeError, match="good during the call only"):
        KEPT[0].get_events_for_pattern("a")


def test_exceptions_arrive_as_themselves_with_the_event(single: Env) -> None:
    def broken(event: Any) -> bool:
        return bool(event[7])

    stream = CEP.pattern(timed(single, [("x", 1, 1)]), Pattern.begin("a").where(broken))
    with pytest.raises(IndexError) as caught:
        collect(stream.select(len))
    notes = " ".join(getattr(caught.value, "__notes__", []))
    assert "operator 'CEP' (test_pattern_stream.py:" in notes
    assert "('x', 1, 1)" in notes
    stream = CEP.pattern(timed(single, [("x", 1, 1)]), Pattern.begin("a"))
    with pytest.raises(KeyError):
        collect(stream.select(lambda match: match["b"]))


def test_skipping_to_what_is_not_there_fails_where_that_is_asked_for(single: Env) -> None:
    skip = AfterMatchSkipStrategy.skip_to_first("b").throw_exception_on_miss()
    pattern = Pattern.begin("a", skip).next("b").where(lambda e: e[2] > 5).optional()
    stream = CEP.pattern(timed(single, [("x", 1, 1), ("x", 2, 2)]), pattern)
    with pytest.raises(ValueError, match="a match has no event of 'b' to skip to"):
        collect(stream.select(len))


def test_the_time_since_the_event_before_has_a_timer(flott_harness: Harness) -> None:
    h = flott_harness
    pattern = (
        Pattern.begin("order")
        .where(lambda e: e[0] == "order")
        .followed_by("pay")
        .where(lambda e: e[0] == "pay")
        .within(100, WithinType.PREVIOUS_AND_CURRENT)
    )
    paid = CEP.pattern(h.source("events"), pattern).process(Payment())
    h.feed("events", ("order", 5, 1), timestamp=5)
    h.watermark("events", 104)
    assert h.side_output(paid, unpaid) == []
    h.watermark("events", 105)
    assert h.side_output(paid, unpaid) == ["again", (1, 105)]
