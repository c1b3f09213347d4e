"""Why has my window not fired? What a running job says of its windows, and of records that came too late."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flott.cep import CEP, Pattern
from flott.common import Duration, Row, SimpleStringSchema, Time, Types, WatermarkStrategy
from flott.common.job_client import JobClient
from flott.common.watermark_strategy import TimestampAssigner
from flott.common.window_explanation import WindowExplanation
from flott.datastream import AggregateFunction, DataStream, OutputTag, ProcessJoinFunction, StreamExecutionEnvironment
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource
from flott.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from flott.table.expressions import col
from flott.testing import EmbeddedBroker, Harness

Env = StreamExecutionEnvironment

MINUTE = TumblingEventTimeWindows.of(Time.minutes(1))


class SecondField(TimestampAssigner):
    """Of `key,time`."""

    def extract_timestamp(self, value: str, record_timestamp: int) -> int:
        return int(value.split(",")[1])


def in_order() -> WatermarkStrategy:
    return WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(SecondField())


def orders(broker: EmbeddedBroker, strategy: WatermarkStrategy) -> DataStream:
    """Orders as texts `key,time`, by one subtask."""
    source = KafkaSource.builder().set_bootstrap_servers(broker.bootstrap_servers).set_topics("orders")
    source = source.set_group_id("explain").set_starting_offsets(KafkaOffsetsInitializer.earliest())
    built = source.set_value_only_deserializer(SimpleStringSchema()).build()
    env = Env.get_execution_environment()
    return env.from_source(built, strategy, "orders")


def first_of(one: str, _other: str) -> str:
    return one


def per_minute(stream: DataStream) -> DataStream:
    return stream.key_by(lambda order: order.split(",")[0]).window(MINUTE).reduce(first_of)


@pytest.fixture
def start() -> Iterator[Callable[[DataStream], JobClient]]:
    """Starts the job of a stream, which is stopped behind the test."""
    clients: list[JobClient] = []

    def started(stream: DataStream) -> JobClient:
        stream.print()
        clients.append(stream.get_execution_environment().execute_async("orders by minute"))
        return clients[-1]

    yield started
    for client in clients:
        client.cancel().result()


def when(client: JobClient, condition: Callable[[WindowExplanation], Any]) -> WindowExplanation:
    """What the job says as soon as that is so."""
    deadline = time.monotonic() + 30
    while True:
        told = client.explain_windows()
        if condition(told):
            return told
        assert time.monotonic() < deadline, str(told)
        time.sleep(0.01)


def has_open(count: int) -> Callable[[WindowExplanation], Any]:
    return lambda told: told.operators and told.operators[0]["open"] == count


Start = Callable[[DataStream], JobClient]

# --- a running job


def test_an_empty_partition_is_named(flott_broker: EmbeddedBroker, start: Start) -> None:
    flott_broker.create_topic("orders", partitions=2)
    flott_broker.produce("orders", "ann,1000")
    client = start(per_minute(orders(flott_broker, in_order())))
    told = when(client, has_open(1))
    (subtask,) = told.operators[0]["subtasks"]
    assert subtask["watermark"] is None
    assert subtask["first"] == {"until": 59_999, "key": "'ann'", "window": "TimeWindow(start=0, end=60000)"}
    text = str(told)
    found = re.search(r"why: (orders-[01]) of source 'orders' \(subtask 1\) has sent no record", text)
    assert found is not None, text
    assert f"add with_idleness(...) to the watermark strategy of 'orders', or send records to {found[1]}" in text
    assert text.count("orders-") == 2, "the other one holds nothing back"
    assert "fires when the watermark reaches 59999 (1970-01-01T00:00:59.999Z)" in text
    assert "test_explain_windows.py:" in text.splitlines()[0], "where the program makes the window"


def test_with_idleness_it_fires(flott_broker: EmbeddedBroker, start: Start) -> None:
    flott_broker.create_topic("orders", partitions=2)
    flott_broker.produce("orders", "ann,1000")
    client = start(per_minute(orders(flott_broker, in_order().with_idleness(Duration.of_millis(50)))))
    told = when(client, lambda told: has_open(1)(told) and "is idle" in str(told))
    assert "event time stands still" in str(told)
    # a watermark of 59999 ends the first minute; the second stays open
    flott_broker.produce("orders", "ann,60000")
    told = when(client, lambda told: told.operators[0]["subtasks"][0]["watermark"] == 59_999)
    assert told.operators[0]["subtasks"][0]["first"]["until"] == 119_999
    flott_broker.produce("orders", "cy,200")
    told = when(client, lambda told: told.operators[0]["late_dropped"] == 1)
    assert told.operators[0]["last_late"] == {"record": "'cy,200'", "timestamp": 200, "watermark": 59_999}
    text = str(told)
    assert "the last one: 'cy,200'" in text
    assert "its time 200 (1970-01-01T00:00:00.200Z), when the watermark was 59999 (1970-01-01T00:00:59.999Z)" in text


def test_a_missing_strategy_is_named(flott_broker: EmbeddedBroker, start: Start) -> None:
    flott_broker.produce("orders", "ann,1000")

    class Timed(TimestampAssigner):
        def extract_timestamp(self, value: str, record_timestamp: int) -> int:
            return 1_000

    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Timed())
    told = when(start(per_minute(orders(flott_broker, strategy))), has_open(1))
    assert "no watermark strategy is assigned: source 'orders' (subtask 1) sends no watermarks" in str(told)
    assert "call assign_timestamps_and_watermarks(" in str(told)


def test_a_strategy_in_the_middle_of_the_stream_is_named(flott_broker: EmbeddedBroker, start: Start) -> None:
    flott_broker.create_topic("orders")
    raw = orders(flott_broker, WatermarkStrategy.no_watermarks()).set_parallelism(1)
    timed = raw.assign_timestamps_and_watermarks(in_order()).set_parallelism(2)
    flott_broker.produce("orders", "ann,1000")
    client = start(per_minute(timed.name("times")))
    told = when(client, lambda told: has_open(1)(told) and "emitted no watermark" not in str(told))
    # one of the two was given the record: its watermark is 999, and nobody waits for it
    assert len(re.findall(r"'times' \(subtask [12]\)", str(told))) == 1
    assert "has seen no record" in str(told)
    assert "add with_idleness(...) to the strategy of 'times'" in str(told)


def test_no_record_has_come(flott_broker: EmbeddedBroker, start: Start) -> None:
    flott_broker.create_topic("orders")
    told = when(start(per_minute(orders(flott_broker, in_order()))), lambda told: told.operators)
    assert "no record has come to this operator yet" in str(told)
    assert "see that the source gets records" in str(told)


def test_a_function_that_blocks_does_not_keep_the_answer_back(flott_broker: EmbeddedBroker, start: Start) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold(order: str) -> str:
        reached.set()
        assert go_on.wait(30)
        return order

    flott_broker.produce("orders", "ann,1000")
    held = orders(flott_broker, in_order()).set_parallelism(1).map(hold, Types.STRING()).name("hold").set_parallelism(2)
    client = start(per_minute(held))
    try:
        assert reached.wait(30)
        told = client.explain_windows()
    finally:
        go_on.set()
    assert "does not answer: its function has not returned for a second" in str(told)


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


def test_it_answers_while_the_next_task_has_no_room(start: Start) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold(number: int) -> int:
        reached.set()
        assert go_on.wait(30)
        return number

    env = Env.get_execution_environment().set_parallelism(1)
    # more results than fit between two tasks
    numbers = env.from_collection(range(60_000), Types.LONG()).assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    )
    windowed = numbers.key_by(lambda _number: "all").window(TumblingEventTimeWindows.of(Time.milliseconds(1)))
    results = windowed.reduce(lambda one, _other: one, output_type=Types.LONG())
    client = start(results.map(hold, Types.LONG()).set_parallelism(2).filter(lambda _number: False))
    try:
        assert reached.wait(30)
        told = when(client, lambda told: "back-pressure" in str(told))
    finally:
        go_on.set()
    assert "waits until the next task has room (back-pressure)" in str(told)
    assert "see what 'Map (1/2)', 'Map (2/2)' waits for" in str(told)


def test_a_job_without_windows(start: Start, flott_broker: EmbeddedBroker) -> None:
    flott_broker.create_topic("orders")
    assert str(start(orders(flott_broker, in_order())).explain_windows()) == "This job has no windows and no patterns."


def test_a_job_that_has_ended() -> None:
    env = Env.get_execution_environment()
    timed = env.from_collection(["ann,1000"]).assign_timestamps_and_watermarks(in_order())
    per_minute(timed).print()
    client = env.execute_async()
    client.get_job_execution_result().result()
    assert str(client.explain_windows()) == "This job has no windows and no patterns."


# --- by hand


def by_hand(h: Harness, window: Any = MINUTE) -> DataStream:
    return h.source("orders").key_by(lambda order: order[0]).window(window).reduce(lambda one, _other: one)


def subtask(h: Harness) -> dict[str, Any]:
    (own,) = h.explain_windows().operators[0]["subtasks"]
    found: dict[str, Any] = own
    return found


def test_a_pattern_tells_which_events_wait_and_when_partial_matches_are_given_up(flott_harness: Harness) -> None:
    h = flott_harness
    pattern = Pattern.begin("a").next("b").where(lambda order: order == "b").within(Duration.of_minutes(1))
    CEP.pattern(h.source("orders").key_by(lambda order: 1), pattern).select(lambda match: 1)
    h.feed("orders", "a", timestamp=1_000)
    h.feed("orders", "a", timestamp=40_000)
    h.watermark("orders", 30_000)
    own = subtask(h)
    assert own["pattern"] == {"events": 1, "first_event": 40_000, "partial": 1, "first_deadline": 61_000}
    text = str(h.explain_windows())
    assert "events: 1 wait for their time" in text
    assert "matched when the watermark reaches 40000 (1970-01-01T00:00:40.000Z), 10 s ahead" in text
    assert "the first is given up at 61000 (1970-01-01T00:01:01.000Z), 31 s ahead" in text
    assert own["causes"]
    # strict: at the second a the first match is over, and another begins
    h.watermark("orders", 60_999)
    assert subtask(h)["pattern"] == {"events": 0, "first_event": None, "partial": 1, "first_deadline": 100_000}


def test_windows_of_a_job_by_hand(flott_harness: Harness) -> None:
    h = flott_harness
    by_hand(h)
    h.feed("orders", "a1", "b1", timestamp=1_000)
    h.watermark("orders", 30_000)
    own = subtask(h)
    assert (own["watermark"], own["open"], own["fired"]) == (30_000, 2, 0)
    assert own["first"]["until"] == 59_999
    assert "fires when the watermark reaches 59999 (1970-01-01T00:00:59.999Z), 30 s ahead" in str(h.explain_windows())
    h.watermark("orders", 59_999)
    assert subtask(h)["open"] == 0


def test_windows_that_wait_for_late_records(flott_harness: Harness) -> None:
    h = flott_harness
    keyed = h.source("orders").key_by(lambda order: order[0])
    keyed.window(MINUTE).allowed_lateness(10_000).reduce(lambda one, _other: one)
    h.feed("orders", "a1", timestamp=1_000)
    h.feed("orders", "a2", timestamp=61_000)
    h.watermark("orders", 60_000)
    own = subtask(h)
    assert (own["open"], own["fired"], own["first"]["until"]) == (1, 1, 119_999)


@pytest.mark.parametrize(
    ("window", "count", "until"),
    [
        # 1000 is in windows that begin at -40000, -20000 and 0
        (SlidingEventTimeWindows.of(Time.minutes(1), Time.seconds(20)), 3, 19_999),
        (EventTimeSessionWindows.with_gap(Time.seconds(5)), 1, 5_999),
    ],
)
def test_other_windows(flott_harness: Harness, window: Any, count: int, until: int) -> None:
    by_hand(flott_harness, window)
    flott_harness.feed("orders", "a1", timestamp=1_000)
    assert (subtask(flott_harness)["open"], subtask(flott_harness)["first"]["until"]) == (count, until)


class Sum(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


def test_windows_that_share_what_they_hold(flott_harness: Harness) -> None:
    h = flott_harness
    windowed = h.source("orders").key_by(lambda order: order[0])
    windowed.window(SlidingEventTimeWindows.of(Time.minutes(1), Time.seconds(5))).aggregate(Sum())
    h.feed("orders", "a1", timestamp=1_000)
    h.feed("orders", "a2", timestamp=5_000)
    # a1 in 12 windows that begin at -55 s to 0, a2 in one more
    assert (subtask(h)["open"], subtask(h)["first"]["until"]) == (13, 4_999)
    h.watermark("orders", 5_000)
    own = subtask(h)
    assert (own["open"], own["fired"], own["first"]["until"]) == (12, 0, 9_999)
    assert own["first"]["key"] == "'a'"


def test_windows_of_the_clock(flott_harness: Harness) -> None:
    h = flott_harness
    by_hand(h, TumblingProcessingTimeWindows.of(Time.seconds(10)))
    h.set_processing_time(12_000)
    h.feed("orders", "a1")
    own = subtask(h)
    assert (own["event_time"], own["open"], own["first"]["until"]) == (False, 1, 19_999)
    assert "fires when the clock reaches 19999 (1970-01-01T00:00:19.999Z), 8 s ahead" in str(h.explain_windows())


def test_windows_of_a_number_of_records(flott_harness: Harness) -> None:
    h = flott_harness
    h.source("orders").key_by(lambda order: order[0]).count_window(3).reduce(lambda one, _other: one)
    h.feed("orders", "a1", "b1")
    assert "windows: 0 open, 2 that no time ends" in str(h.explain_windows())
    assert "fire by their trigger, such as a number of records" in str(h.explain_windows())


def test_the_slower_of_two_inputs_is_named(flott_harness: Harness) -> None:
    h = flott_harness
    both = h.source("orders").union(h.source("returns"))
    both.key_by(lambda order: order[0]).window(MINUTE).reduce(lambda one, _other: one)
    h.feed("orders", "a1", timestamp=1_000)
    h.watermark("orders", 70_000)
    (cause,) = subtask(h)["causes"]
    assert "of source 'returns' (subtask 1) has sent no record" in cause


RECORD = Types.ROW_NAMED(["user", "at"], [Types.STRING(), Types.LONG()])
LATE = OutputTag("late", RECORD)


class AtField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        at: int = value[1]
        return at


@pytest.mark.parametrize(("slide", "count"), [(None, 2), (20, 6)])
def test_windows_over_columns(flott_harness: Harness, slide: int | None, count: int) -> None:
    h = flott_harness
    window: Any = MINUTE if slide is None else SlidingEventTimeWindows.of(Time.minutes(1), Time.seconds(slide))
    h.source("orders", RECORD).key_by(col("user")).window(window).aggregate(col("at").sum)
    h.feed("orders", Row("ann", 1), Row("bob", 2), timestamp=1_000)
    own = subtask(h)
    assert own["open"] == count, "of each key, and of 60 s the ones that begin at -40, -20 and 0"
    assert own["first"]["key"] == "ann"
    assert own["first"]["until"] == (59_999 if slide is None else 19_999)
    h.watermark("orders", 200_000)
    assert subtask(h)["open"] == 0
    h.feed("orders", Row("cy", 7), timestamp=3_000)
    (told,) = h.explain_windows().operators
    assert told["late_dropped"] == 1
    assert told["last_late"] == {"record": "+I[cy, 7]", "timestamp": 3_000, "watermark": 200_000}


# --- late records


def test_late_records_of_a_side_output(flott_harness: Harness) -> None:
    h = flott_harness
    windowed = h.source("orders").key_by(lambda order: order[0]).window(MINUTE)
    windowed.side_output_late_data(OutputTag("late", Types.STRING())).reduce(lambda one, _other: one)
    h.watermark("orders", 70_000)
    h.feed("orders", "a1", timestamp=1_000)
    text = str(h.explain_windows())
    assert "late records: 1 sent to the side output" in text
    assert "dropped" not in text
    assert "the last one: 'a1'" in text


class Pairs(ProcessJoinFunction):
    def process_element(self, left: Any, right: Any, ctx: ProcessJoinFunction.Context) -> Iterator[Any]:
        yield left, right


def test_late_records_of_an_interval_join(flott_harness: Harness) -> None:
    h = flott_harness
    left, right = (h.source(name).key_by(lambda order: order[0]) for name in ("orders", "payments"))
    joined = left.interval_join(right).between(Time.seconds(0), Time.seconds(5))
    joined.side_output_left_late_data(OutputTag("late", Types.STRING())).process(Pairs())
    h.watermark("orders", 70_000)
    h.watermark("payments", 70_000)
    h.feed("orders", "a1", timestamp=1_000)
    h.feed("payments", "a2", timestamp=2_000)
    text = str(h.explain_windows())
    assert text.startswith("Interval Join")
    assert "late records: 1 dropped (numLateRecordsDropped)" in text
    assert "late records: 1 sent to the side output" in text
    assert "the last one: 'a2'" in text
