"""crash_test() lets jobs pass that keep what they know in state, and teaches those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, Encoder, SimpleStringSchema, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    BroadcastProcessFunction,
    DataStream,
    KeyedProcessFunction,
    MapFunction,
    RuntimeContext,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.connectors.file_system import FileSink
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource
from flott.datastream.connectors.python import Committer, PythonSink, SinkWriter
from flott.datastream.state import MapStateDescriptor, ValueStateDescriptor
from flott.datastream.window import EventTimeSessionWindows
from flott.testing import EmbeddedBroker, crash_test
from tests.datastream.conftest import needs_rocksdb

WORDS = [
    (word, at)
    for at, word in enumerate(
        ["to", "be", "or", "not", "to", "be", "that", "is", "the", "question", "to", "be", "or", "not"] * 4
    )
]
SEEDS = range(40)


class Seen(KeyedProcessFunction):
    """How often a word was seen, in state."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        yield value[0], self.count.value()


class SeenInAttributes(KeyedProcessFunction):
    """The same in a dict of its own, which no checkpoint has."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.limit = 3
        self.seen: dict[str, int] = {}

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.seen[value[0]] = self.seen.get(value[0], 0) + 1
        yield value[0], self.seen[value[0]]


def counted(env: StreamExecutionEnvironment) -> DataStream:
    return env.from_collection(WORDS).key_by(lambda word: word[0]).process(Seen())


def counted_in_attributes(env: StreamExecutionEnvironment) -> DataStream:
    return env.from_collection(WORDS).key_by(lambda word: word[0]).process(SeenInAttributes())


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_state_survives(backend: str) -> None:
    needs_rocksdb(backend)
    # files that checkpoints share are on the simulated disk
    configuration = Configuration().set_string("state.backend.type", backend)
    configuration.set_string("execution.checkpointing.incremental", "true")
    report = crash_test(counted, seeds=SEEDS, configuration=configuration)
    assert report.runs == 40
    # one to three crashes a run, some of which come behind the end of a fast run
    assert 40 < report.crashes <= 80
    assert report.restores > 20


def test_a_job_that_keeps_state_in_attributes_is_found_and_taught() -> None:
    with pytest.raises(AssertionError) as raised:
        crash_test(counted_in_attributes, seeds=SEEDS)
    message = str(raised.value)
    assert "after a crash the job shows something else\n  missing: (" in message
    assert "too many: (" in message
    assert "SeenInAttributes.seen, such as {" in message
    assert "SeenInAttributes.limit" not in message, "it did not change while records came"
    assert "runtime_context.get_state(ValueStateDescriptor(" in message
    seed = int(message.rpartition("seeds=[")[2].rstrip("])"))
    with pytest.raises(AssertionError) as again:
        crash_test(counted_in_attributes, seeds=[seed])
    assert str(again.value) == message, "the same seed is the same run"


class Times(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class Alarm(KeyedProcessFunction):
    """Two ms behind each word, by event time, with how often the word was seen until then."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 2)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ctx.get_current_key(), timestamp, self.count.value()


def test_timers_and_windows_survive() -> None:
    def build(env: StreamExecutionEnvironment) -> dict[str, DataStream]:
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
        keyed = env.from_collection(WORDS).assign_timestamps_and_watermarks(strategy).key_by(lambda word: word[0])
        sessions = keyed.window(EventTimeSessionWindows.with_gap(_millis(5)))
        return {
            "alarms": keyed.process(Alarm()).filter(lambda alarm: alarm[1] % 2 == 0).map(lambda alarm: alarm[:2]),
            "sessions": sessions.reduce(lambda one, other: (one[0], max(one[1], other[1]))),
        }

    crash_test(build, seeds=SEEDS)


def _millis(millis: int) -> Any:
    from flott.common.time import Time

    return Time.milliseconds(millis)


def test_results_that_are_never_the_same_are_no_finding_of_a_crash() -> None:
    def build(env: StreamExecutionEnvironment) -> DataStream:
        numbers = env.from_source(
            NumberSequenceSource(1, 40), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
        )
        return numbers.key_by(lambda n: n % 2).reduce(lambda a, b: a + b)

    with pytest.raises(AssertionError, match="not always the same, even without a crash"):
        crash_test(build, seeds=SEEDS)


def test_what_need_not_be_the_same_can_be_left_out() -> None:
    def build(env: StreamExecutionEnvironment) -> DataStream:
        numbers = env.from_source(
            NumberSequenceSource(1, 40), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
        )
        pairs = numbers.map(lambda n: (n % 2, n))
        return pairs.key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))

    # the sums of the odd and of the even numbers up to 40: 20 * 20 and 20 * 21
    last: list[dict[int, int]] = []
    crash_test(
        build,
        seeds=SEEDS,
        outcome=lambda pairs: last.append({k: max(v for q, v in pairs if q == k) for k, _ in pairs}) or last[-1],
    )
    assert last[-1] == {1: 400, 0: 420}


def test_broadcast_state_survives() -> None:
    rules = MapStateDescriptor("rules", Types.STRING(), Types.LONG())

    class Known(BroadcastProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            yield from ()

        def process_broadcast_element(self, value: Any, ctx: Any) -> Iterator[Any]:
            state = ctx.get_broadcast_state(rules)
            state.put(value[0], (state.get(value[0]) or 0) + 1)
            yield value[0], state.get(value[0])

    def build(env: StreamExecutionEnvironment) -> DataStream:
        words = env.from_collection(WORDS)
        return env.from_collection([1]).connect(words.broadcast(rules)).process(Known())

    crash_test(build, seeds=range(20), parallelism=[1])


class Rows:
    """A table that commits in two phases."""

    def __init__(self) -> None:
        self.visible: list[Any] = []
        self.done: set[int] = set()
        self.count = 0

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]


class ToRows(PythonSink):
    """Makes rows visible when their checkpoint is complete, or, if it is a careless one, again and again."""

    def __init__(self, rows: Rows, careless: bool = False) -> None:
        self.rows, self.careless = rows, careless

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        rows = self.rows

        class Writer(SinkWriter):
            def __init__(self) -> None:
                self.written: list[Any] = []

            def write(self, value: Any, context: Any) -> None:
                self.written.append(value)

            def prepare_commit(self) -> list[Any]:
                rows.count += 1
                written, self.written = self.written, []
                return [(rows.count, written)]

        return Writer()

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        rows, careless = self.rows, self.careless

        class Commit(Committer):
            def commit(self, committables: Any) -> None:
                for number, written in committables:
                    if careless or number not in rows.done:
                        rows.done.add(number)
                        rows.visible += written

        return Commit()


@pytest.mark.parametrize("careless", [False, True])
def test_own_sinks_are_looked_at_by_results(careless: bool) -> None:
    rows = Rows()

    def build(env: StreamExecutionEnvironment) -> None:
        rows.clear()
        counted(env).sink_to(ToRows(rows, careless))

    if not careless:
        crash_test(build, seeds=SEEDS, results=lambda: rows.visible)
        return
    # a commit that comes twice, for a crash between the commit and the next checkpoint
    with pytest.raises(AssertionError, match="too many"):
        crash_test(build, seeds=range(200), results=lambda: rows.visible)


def test_files_appear_once(tmp_path: Path) -> None:
    runs = iter(range(10_000))
    folder = tmp_path

    def build(env: StreamExecutionEnvironment) -> None:
        nonlocal folder
        folder = tmp_path / str(next(runs))
        lines = counted(env).map(lambda pair: f"{pair[0]} {pair[1]}", output_type=Types.STRING())
        lines.sink_to(FileSink.for_row_format(str(folder), Encoder.simple_string_encoder()).build())

    def lines() -> list[str]:
        shown = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith((".", "_"))]
        return [line for path in shown for line in path.read_text().splitlines()]

    crash_test(build, seeds=SEEDS, results=lines)


def test_records_of_kafka_are_read_once() -> None:
    with EmbeddedBroker() as broker:
        broker.create_topic("words", 3)
        broker.produce("words", *[word for word, _ in WORDS])

        def build(env: StreamExecutionEnvironment) -> DataStream:
            source = (
                KafkaSource.builder()
                .set_bootstrap_servers(broker.bootstrap_servers)
                .set_topics("words")
                .set_starting_offsets(KafkaOffsetsInitializer.earliest())
                .set_bounded(KafkaOffsetsInitializer.latest())
                .set_value_only_deserializer(SimpleStringSchema())
                .build()
            )
            words = env.from_source(source, WatermarkStrategy.no_watermarks(), "words")
            return words.map(lambda word: (word, 1)).key_by(lambda pair: pair[0]).process(Seen())

        crash_test(build, seeds=range(4), parallelism=[1, 2])


def test_an_exception_of_a_function_is_raised_as_itself() -> None:
    class Refuse(MapFunction):
        def map(self, value: Any) -> Any:
            raise LookupError(value)

    with pytest.raises(LookupError, match="to"):
        crash_test(lambda env: env.from_collection(["to"]).map(Refuse()), seeds=SEEDS)


def held_back(env: StreamExecutionEnvironment) -> DataStream:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    return env.from_collection(["to", "be"]).key_by(lambda word: word).reduce(lambda one, other: one)


def test_what_cannot_be_tested_says_so() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        crash_test(lambda env: counted(env).print() and None)
    with pytest.raises(TypeError, match="must return streams, not 3"):
        crash_test(lambda env: [counted(env), 3])  # type: ignore[list-item]
    with pytest.raises(RuntimeError, match="without execute"):
        crash_test(lambda env: env.execute())  # type: ignore[arg-type, return-value]
    # what a job in BATCH mode shows again is harmless where repetitions are left out, but nothing was tested
    with pytest.raises(AssertionError, match="none of 9 runs went on from a checkpoint"):
        crash_test(held_back, seeds=range(9), outcome=set)


def test_failing_storage_is_no_failure_of_the_job() -> None:
    assert crash_test(counted, seeds=SEEDS, failing_storage=20).restores > 10
