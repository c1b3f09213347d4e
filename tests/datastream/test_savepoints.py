"""Savepoints of a running job: taken while it goes on, or as its end; another run goes on from them."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, JobStatus, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import KeyedProcessFunction, MapFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.python import Committer, PythonSource, SinkWriter, Split
from flott.datastream.functions import ProcessWindowFunction
from flott.datastream.state import ValueStateDescriptor
from flott.datastream.window import TumblingEventTimeWindows
from flott.errors import ConfigurationError, FlottError
from tests.awaiting import until
from tests.checkpoints.job import Commits, Committed, Writer

ALL = 3_000
KEYS = 7
COMMITTED: set[str] = set()
"""The names of what was committed: a job that goes on from a savepoint commits again what was committed with it."""


class Named(Writer):
    def prepare_commit(self) -> list[tuple[str, list[Any]]]:
        return [(uuid.uuid4().hex, written) for written in super().prepare_commit()]


class Once(Commits):
    def commit(self, committables: Sequence[tuple[str, list[Any]]]) -> None:
        new = {name: written for name, written in committables if name not in COMMITTED}
        COMMITTED.update(new)
        super().commit(list(new.values()))


class CommittedOnce(Committed):
    """Keeps what it has committed, each committable once."""

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return Named()

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        return Once(self.results)


class Numbers(PythonSource):
    """Stops at a number until it is told to go on."""

    def __init__(self, stops_at: int) -> None:
        self.stops_at = stops_at

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("all", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int] | None]:
        for number in range(split.position, ALL):
            while number == self.stops_at:
                time.sleep(0.005)
                yield None
            yield number, number + 1


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


class Totals(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        total = (self.total.value() or 0) + value
        self.total.update(total)
        yield "total", value, total


class Windows(ProcessWindowFunction):
    def process(self, key: int, context: ProcessWindowFunction.Context, elements: Any) -> Iterator[Any]:
        window: Any = context.window()
        yield "window", window.start, len(list(elements))


def environment(parallelism: int, **settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    return StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(parallelism)


def add_job(env: StreamExecutionEnvironment, source: Numbers, name: str = "totals") -> CommittedOnce:
    times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    numbers = env.from_source(source, times, "numbers", Types.LONG()).set_parallelism(1).uid("numbers")
    keyed = numbers.key_by(lambda value: value % KEYS)
    windows = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1))).process(Windows()).uid("windows")
    sink = CommittedOnce()
    keyed.process(Totals()).uid(name).union(windows).sink_to(sink).uid("sink")
    return sink


def totals(first: int, last: int) -> list[Any]:
    """The running totals by key of all numbers, for some of these."""
    sums, results = [0] * KEYS, []
    for number in range(last):
        sums[number % KEYS] += number
        results.append(("total", number, sums[number % KEYS]))
    return results[first:]


def windows(starts: Any, most: int = ALL) -> list[Any]:
    """How many numbers of a key are in a window, for each key."""
    counts = Counter((start, number % KEYS) for start in starts for number in range(start, min(start + 1000, most)))
    return [("window", start, count) for (start, _), count in counts.items()]


def first_half(sink: CommittedOnce) -> None:
    """Waits until all that the first half of the numbers leads to is visible: the first windows among it."""
    until(lambda: len(sink.results) == 1_500 + KEYS)
    assert Counter(sink.results) == Counter(totals(0, 1_500) + windows([0]))


def stopped_half_way(folder: Path) -> str:
    """The savepoint with which the job has ended behind the first half of the numbers."""
    env = environment(1)
    sink = add_job(env, Numbers(1_500))
    client = env.execute_async()
    first_half(sink)
    return client.stop_with_savepoint(False, str(folder)).result()


@pytest.mark.parametrize("checkpoints", [False, True], ids=["without checkpoints", "with checkpoints"])
@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 2)])
def test_a_job_that_stopped_goes_on_from_its_savepoint(
    tmp_path: Path, checkpoints: bool, before: int, after: int
) -> None:
    env = environment(before)
    if checkpoints:
        env.enable_checkpointing(20).get_checkpoint_config().set_checkpoint_storage_dir((tmp_path / "own").as_uri())
    source = Numbers(1_500)
    sink = add_job(env, source)
    client = env.execute_async()
    until(lambda: len(sink.results) > 0, "nothing was committed")
    path = client.stop_with_savepoint(False, str(tmp_path / "savepoints")).result()
    assert client.get_job_status().result() is JobStatus.FINISHED
    (folder,) = (tmp_path / "savepoints").iterdir()
    assert (path, folder.name[:10]) == (folder.as_uri(), "savepoint-")
    assert not list(tmp_path.glob("own/*/chk-*")), "checkpoints go with their job, savepoints do not"
    done = Counter(sink.results)
    seen = sum(result[0] == "total" for result in done)
    # all that is in state is visible, and no window has fired that would not have without the savepoint
    assert Counter(totals(0, seen)) <= done <= Counter(totals(0, seen) + windows([0]))

    again = environment(after, execution__state_recovery__path=path)
    rest = add_job(again, Numbers(-1))
    again.execute()
    assert Counter(rest.results) + done == Counter(totals(0, ALL) + windows(range(0, ALL, 1000)))
    assert (folder / "_metadata").exists()


def test_a_job_that_drains_fires_its_windows_first(tmp_path: Path) -> None:
    env = environment(2)
    sink = add_job(env, Numbers(1_500))
    client = env.execute_async()
    first_half(sink)
    path = client.stop_with_savepoint(True, str(tmp_path)).result()
    assert Counter(sink.results) == Counter(totals(0, 1_500) + windows([0, 1000], 1_500))
    # keyed state is in it, and the source stands where it stopped
    again = environment(1, execution__state_recovery__path=path)
    rest = add_job(again, Numbers(-1))
    again.execute()
    assert [result for result in rest.results if result[0] == "total"] == totals(1_500, ALL)


def test_a_savepoint_beside_a_job_that_goes_on(tmp_path: Path) -> None:
    env = environment(2, execution__checkpointing__savepoint_dir=(tmp_path / "savepoints").as_uri())
    env.enable_checkpointing(20).get_checkpoint_config().set_checkpoint_storage_dir((tmp_path / "own").as_uri())
    sink = add_job(env, Numbers(1_500))
    client = env.execute_async()
    first_half(sink)
    paths = [client.trigger_savepoint().result() for _ in range(2)]
    assert len(set(paths)) == 2
    client.cancel().result()
    assert len(list((tmp_path / "savepoints").glob("savepoint-*/_metadata"))) == 2, "nobody has removed one"
    again = environment(3, execution__state_recovery__path=f"{paths[0]}/_metadata")
    rest = add_job(again, Numbers(-1))
    again.execute()
    assert Counter(rest.results) == Counter(totals(1_500, ALL)) + Counter(windows([1000, 2000]))


def test_an_operator_that_is_gone_and_one_that_is_new(tmp_path: Path) -> None:
    path = stopped_half_way(tmp_path)
    refused = environment(1, execution__state_recovery__path=path)
    add_job(refused, Numbers(-1), "renamed")
    with pytest.raises(ConfigurationError, match="state of the operator 'KEYED PROCESS', which the program does not"):
        refused.execute()
    allowed = environment(
        1, execution__state_recovery__path=path, execution__state_recovery__ignore_unclaimed_state="true"
    )
    rest = add_job(allowed, Numbers(-1), "renamed")
    allowed.execute()
    # the new one begins with nothing, the others go on
    assert ("total", 1_500, 1_500) in rest.results
    assert Counter(result for result in rest.results if result[0] == "window") == Counter(windows([1000, 2000]))


def test_what_a_job_can_not_do_is_said(tmp_path: Path) -> None:
    env = environment(1)
    sink = add_job(env, Numbers(1_500))
    client = env.execute_async()
    until(lambda: len(sink.results) > 0)
    with pytest.raises(ConfigurationError, match=r"(?s)where the savepoint goes.*savepoint-dir"):
        client.trigger_savepoint().result()
    with pytest.raises(ConfigurationError, match="not for 'hdfs:'"):
        client.trigger_savepoint("hdfs://host/savepoints").result()
    (tmp_path / "taken").write_text("")
    with pytest.raises(FlottError, match="taken"):
        client.stop_with_savepoint(False, str(tmp_path / "taken")).result()
    assert client.get_job_status().result() is JobStatus.RUNNING, "it goes on"
    client.stop_with_savepoint(False, str(tmp_path / "there")).result()
    with pytest.raises(FlottError, match="the job ended, or failed, before its savepoint was complete"):
        client.trigger_savepoint(str(tmp_path)).result()


class Keeps(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.kept = runtime_context.get_state(ValueStateDescriptor("kept", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.kept.update(lambda: value)
        yield value


def test_state_that_can_not_be_stored_does_not_end_the_job_that_was_asked(tmp_path: Path) -> None:
    env = environment(1)
    numbers = env.from_source(Numbers(500), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    sink = CommittedOnce()
    numbers.key_by(lambda value: value % KEYS).process(Keeps()).sink_to(sink)
    client = env.execute_async()
    until(lambda: len(sink.results) == 500)
    for stop in (False, True):
        with pytest.raises(TypeError, match="state 'kept' of the key"):
            if stop:
                client.stop_with_savepoint(False, str(tmp_path)).result()
            else:
                client.trigger_savepoint(str(tmp_path)).result()
    assert client.get_job_status().result() is JobStatus.RUNNING
    client.cancel().result()


class Plus(MapFunction):
    def map(self, value: Any) -> Any:
        return (*value, "new")


def test_a_program_that_was_edited_finds_its_state_by_uid(tmp_path: Path) -> None:
    path = stopped_half_way(tmp_path)
    again = environment(2, execution__state_recovery__path=path)
    times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    numbers = again.from_source(Numbers(-1), times, "renamed", Types.LONG()).set_parallelism(1).uid("numbers")
    keyed = numbers.key_by(lambda value: value % KEYS)
    windows_of = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1))).process(Windows()).uid("windows")
    both = windows_of.union(keyed.process(Totals()).name("other").uid("totals"))
    rest = CommittedOnce()
    both.map(Plus()).name("plus").sink_to(rest).uid("sink")
    again.execute()
    found = Counter(result[:3] for result in rest.results)
    assert found == Counter(totals(1_500, ALL)) + Counter(windows([1000, 2000]))
