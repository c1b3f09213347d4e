"""Sinks written in Python: what is called when, in one phase and in two."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from flott.common import Configuration, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.python import Committer, PythonSink, PythonSource, SinkContext, SinkWriter, Split

Env = StreamExecutionEnvironment


def environment(parallelism: int) -> Env:
    return StreamExecutionEnvironment.get_execution_environment().set_parallelism(parallelism)


class Recorded(PythonSink):
    """Notes every call, with the subtask it was made in."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls: list[tuple[int, str, Any]] = []

    def note(self, subtask: int, call: str, what: Any = None) -> None:
        with self.lock:
            self.calls.append((subtask, call, what))

    def of(self, subtask: int) -> list[tuple[str, Any]]:
        return [(call, what) for at, call, what in self.calls if at == subtask]

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return RecordedWriter(self, runtime_context.get_index_of_this_subtask())


class RecordedWriter(SinkWriter):
    def __init__(self, sink: Recorded, subtask: int) -> None:
        self.sink, self.subtask = sink, subtask
        self.staged: list[Any] = []

    def write(self, value: Any, context: SinkContext) -> None:
        self.sink.note(self.subtask, "write", value)
        self.staged.append(value)

    def flush(self) -> None:
        self.sink.note(self.subtask, "flush")

    def prepare_commit(self) -> list[list[Any]]:
        staged, self.staged = self.staged, []
        self.sink.note(self.subtask, "prepare", staged)
        return [staged] if staged else []

    def close(self) -> None:
        self.sink.note(self.subtask, "close")


class TwoPhase(Recorded):
    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        return RecordedCommitter(self, runtime_context.get_index_of_this_subtask())


class RecordedCommitter(Committer):
    def __init__(self, sink: Recorded, subtask: int) -> None:
        self.sink, self.subtask = sink, subtask

    def commit(self, committables: Sequence[Any]) -> None:
        self.sink.note(self.subtask, "commit", list(committables))

    def close(self) -> None:
        self.sink.note(self.subtask, "close committer")


def test_every_record_is_written_and_flushed(batch_size: int | None) -> None:
    sink = Recorded()
    env = environment(1)
    env.from_collection(range(5)).sink_to(sink)
    env.execute()
    calls = [call for call in sink.of(0) if call != ("flush", None)]
    assert calls == [*[("write", n) for n in range(5)], ("close", None)]
    assert sink.of(0)[-2] == ("flush", None), "the last thing before the end"


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_what_was_prepared_is_committed_once(batch_size: int | None, parallelism: int) -> None:
    sink = TwoPhase()
    env = environment(parallelism)
    env.from_collection(range(60)).rebalance().sink_to(sink).name("two phases")
    env.execute()
    committed = []
    for subtask in range(parallelism):
        calls = sink.of(subtask)
        assert calls[-2:] == [("close", None), ("close committer", None)]
        # each prepare comes right behind a flush
        before = [calls[at - 1][0] for at, (call, _) in enumerate(calls) if call == "prepare"]
        assert before and set(before) == {"flush"}
        written = [what for call, what in calls if call == "write"]
        groups = [group for call, what in calls if call == "commit" for group in what]
        assert [value for group in groups for value in group] == written
        committed += written
    assert sorted(committed) == list(range(60))


class Paced(PythonSource):
    """Goes on only when the sink has committed what came before."""

    def __init__(self, sink: Recorded) -> None:
        self.sink = sink
        self.committed: list[int] = []

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("all", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int] | None]:
        for n in range(3):
            yield n, n + 1
            while n + 1 not in self.committed:
                yield None

    def commit(self, split_id: str, position: int) -> None:
        self.committed.append(position)
        self.sink.note(-1, "source commits", position)


@pytest.mark.parametrize("redistributed", [False, True], ids=["one task", "two tasks"])
def test_a_checkpoint_is_committed_by_the_sink_and_then_by_the_source(redistributed: bool) -> None:
    sink = TwoPhase()
    source = Paced(sink)
    env = environment(1).enable_checkpointing(10)
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "paced")
    (stream.disable_chaining() if redistributed else stream).sink_to(sink)
    env.execute()
    order = [(call, what) for _, call, what in sink.calls if call in ("write", "commit", "source commits")]
    assert order == [step for n in range(3) for step in [("write", n), ("commit", [[n]]), ("source commits", n + 1)]]


def test_what_was_not_committed_before_a_failure_stays_so() -> None:
    class Fails(TwoPhase):
        def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
            return FailsAtTwo(self, 0)

    class FailsAtTwo(RecordedWriter):
        def write(self, value: Any, context: SinkContext) -> None:
            if value == 2:
                raise OSError("disk full")
            super().write(value, context)

    sink = Fails()
    env = environment(1)
    env.from_collection(range(5)).sink_to(sink).name("files")
    with pytest.raises(OSError, match="disk full") as failure:
        env.execute()
    assert failure.value.__notes__[0].startswith("in sink 'files' (test_python_sink.py:")
    assert failure.value.__notes__[0].endswith("while processing: 2")
    calls = [call for call, _ in sink.of(0)]
    assert "commit" not in calls
    assert calls[-2:] == ["close", "close committer"]


def test_a_failed_commit_fails_the_job_before_the_source_commits() -> None:
    class Refused(RecordedCommitter):
        def commit(self, committables: Sequence[Any]) -> None:
            raise ConnectionError("the server refused")

    class Refusing(TwoPhase):
        def create_committer(self, runtime_context: RuntimeContext) -> Committer:
            return Refused(self, 0)

    sink = Refusing()
    source = Paced(sink)
    env = environment(1).enable_checkpointing(10)
    env.from_source(source, WatermarkStrategy.no_watermarks(), "paced").sink_to(sink)
    with pytest.raises(ConnectionError, match="the server refused") as failure:
        env.execute()
    assert failure.value.__notes__[0].startswith("in sink 'Refusing' (test_python_sink.py:")
    assert source.committed == []


class Time(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


def test_the_context_knows_the_time() -> None:
    seen: list[Any] = []

    class Timed(PythonSink, SinkWriter):
        def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
            return self

        def write(self, value: Any, context: SinkContext) -> None:
            assert context.current_processing_time() > 1_600_000_000_000
            seen.append((value, context.timestamp(), context.current_watermark()))

    env = environment(1)
    env.configure(Configuration().set_integer("flott.watermark-every", 1))
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())
    env.from_collection([5, 7]).assign_timestamps_and_watermarks(strategy).sink_to(Timed())
    env.from_collection([9]).sink_to(Timed())
    env.execute()
    # the watermark behind 5 is 4
    assert sorted(seen) == [(5, 5, -(2**63)), (7, 7, 4), (9, None, -(2**63))]


def test_typed_records_arrive_as_rows() -> None:
    sink = Recorded()
    env = environment(1)
    env.from_collection([(1, "a")], Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])).sink_to(sink)
    env.execute()
    (row,) = [what for call, what in sink.of(0) if call == "write"]
    assert (row.id, row["name"]) == (1, "a")


def test_mistakes_are_named() -> None:
    class Forgetful(PythonSink):
        def create_writer(self, runtime_context: RuntimeContext) -> Any:
            return None

    env = environment(1)
    env.from_collection([1]).sink_to(Forgetful())
    with pytest.raises(TypeError, match=r"Forgetful.create_writer\(\) must return a SinkWriter, not None"):
        env.execute()
    with pytest.raises(TypeError, match="KafkaSink, FileSink, a PythonSink"):
        env.from_collection([1]).sink_to(object())
