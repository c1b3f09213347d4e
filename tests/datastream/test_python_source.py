"""Sources written in Python: splits, positions, commits, event time, failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, ProcessFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.python import PythonSink, PythonSource, SinkContext, SinkWriter, Split, SplitReader
from tests.awaiting import until

Env = StreamExecutionEnvironment
NO_WATERMARKS = WatermarkStrategy.no_watermarks()


def environment(parallelism: int) -> Env:
    return StreamExecutionEnvironment.get_execution_environment().set_parallelism(parallelism)


def collected(stream: DataStream) -> list[Any]:
    with stream.execute_and_collect() as results:  # type: ignore[union-attr]
        return list(results)


class Numbers(PythonSource):
    """``count`` numbers in each split: a0, a1, ..."""

    def __init__(self, names: str, count: int) -> None:
        self.names, self.count = names, count
        self.committed: list[tuple[str, int]] = []
        self.read_by: dict[str, int] = {}

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split(name, 0) for name in self.names]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int] | None]:
        self.read_by[split.id] = runtime_context.get_index_of_this_subtask()
        for n in range(split.position, self.count):
            yield f"{split.id}{n}", n + 1
            if n % 7 == 0:
                yield None

    def commit(self, split_id: str, position: int) -> None:
        self.committed.append((split_id, position))


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_splits_are_spread_and_each_is_read_in_order(batch_size: int | None, parallelism: int) -> None:
    source = Numbers("abcde", 50)
    records = collected(environment(parallelism).from_source(source, NO_WATERMARKS, "numbers"))
    for name in "abcde":
        assert [record for record in records if record[0] == name] == [f"{name}{n}" for n in range(50)]
    # the splits go to the subtasks in turn
    assert source.read_by == {name: index % parallelism for index, name in enumerate("abcde")}


def test_ten_lines_make_a_source(tmp_path: Path) -> None:
    class Lines(PythonSource):
        def splits(self, runtime_context: RuntimeContext) -> list[str]:
            return sorted(str(path) for path in tmp_path.iterdir())

        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int]]:
            with open(split.id) as file:
                file.seek(split.position or 0)
                while line := file.readline():
                    yield line.rstrip(), file.tell()

    (tmp_path / "one").write_text("a\nb\n")
    (tmp_path / "two").write_text("c\n")
    lines = environment(2).from_source(Lines(), NO_WATERMARKS, "lines", Types.STRING())
    assert lines.get_type() == Types.STRING()
    assert sorted(collected(lines)) == ["a", "b", "c"]


def test_records_are_of_the_declared_type() -> None:
    stream = environment(1).from_source(Numbers("a", 2), NO_WATERMARKS, "numbers", Types.INT())
    with pytest.raises(TypeError, match=r"a record: expected an int \(Types.INT\), got 'a0'") as failure:
        collected(stream)
    assert failure.value.__notes__[0].startswith("in source 'numbers' (test_python_source.py:")


# --- commits


class Written(PythonSink, SinkWriter):
    """What is safe: written and flushed. A sink without a second phase."""

    def __init__(self, source: Numbers) -> None:
        self.source = source
        self.lock = threading.Lock()
        self.safe: set[str] = set()
        self.pending: list[str] = []
        self.commits_at_flush: list[int] = []

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return self

    def write(self, value: str, context: SinkContext) -> None:
        with self.lock:
            self.pending.append(value)

    def flush(self) -> None:
        with self.lock:
            self.safe.update(self.pending)
            self.pending.clear()
            self.commits_at_flush.append(len(self.source.committed))


def test_positions_are_committed_when_the_records_before_them_are_safe() -> None:
    class Checked(Numbers):
        def commit(self, split_id: str, position: int) -> None:
            missing = [n for n in range(position) if f"{split_id}{n}" not in sink.safe]
            assert not missing, f"{split_id} is committed up to {position} without {missing}"
            super().commit(split_id, position)

        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int] | None]:
            for item in super().read(split, runtime_context):
                yield item
                if split.id == "d" and item is not None and item[1] == 150:
                    # the rest comes only when something has been committed
                    while not self.committed:
                        yield None

    source = Checked("abcd", 300)
    sink = Written(source)
    env = environment(2).enable_checkpointing(10)
    env.from_source(source, NO_WATERMARKS, "numbers").rebalance().sink_to(sink)
    env.execute()
    assert sink.safe == {f"{name}{n}" for name in "abcd" for n in range(300)}
    # the last position of each split, as the last commit of it
    last = dict(source.committed)
    assert last == dict.fromkeys("abcd", 300)
    assert any(sink.commits_at_flush), "there were commits before the end"


def test_nothing_is_committed_behind_a_failure() -> None:
    class Refuses(PythonSink, SinkWriter):
        def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
            return self

        def write(self, value: str, context: SinkContext) -> None:
            if value == "a20":
                raise ValueError("not a20")

    source = Numbers("a", 1000)
    env = environment(1).enable_checkpointing(10)
    env.from_source(source, NO_WATERMARKS, "numbers").sink_to(Refuses())
    with pytest.raises(ValueError, match="not a20") as failure:
        env.execute()
    assert all(position <= 20 for _, position in source.committed)
    assert failure.value.__notes__[0].startswith("in sink 'Refuses' (test_python_source.py:")
    assert failure.value.__notes__[0].endswith(", while processing: 'a20'")


# --- readers


class Queue(PythonSource):
    """What :meth:`put` was given, without an end."""

    bounded = False

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.closed = threading.Event()

    def splits(self, runtime_context: RuntimeContext) -> list[str]:
        return ["queue"]

    def create_reader(self, split: Split, runtime_context: RuntimeContext) -> SplitReader:
        return QueueReader(self)


class QueueReader(SplitReader):
    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.next = 0

    def read(self, max_records: int, timeout_ms: int) -> list[Any]:
        records = self.queue.items[self.next : self.next + max_records]
        self.next += len(records)
        return records

    def position(self) -> dict[str, int]:
        return {"next": self.next}

    def close(self) -> None:
        self.queue.closed.set()


def test_a_source_without_an_end_runs_until_it_is_cancelled() -> None:
    source, seen = Queue(), []
    env = environment(1)
    env.from_source(source, NO_WATERMARKS, "queue").map(seen.append).print()
    client = env.execute_async()
    source.items += [1, 2]
    until(lambda: seen == [1, 2], "two records have arrived")
    source.items.append(3)
    until(lambda: seen == [1, 2, 3], "a third has arrived")
    client.cancel().result()
    assert source.closed.is_set()


def test_new_splits_are_found_while_the_job_runs() -> None:
    class Growing(PythonSource):
        bounded = False
        discovery_interval_ms = 10
        names = ("a",)

        def splits(self, runtime_context: RuntimeContext) -> tuple[str, ...]:
            return self.names

        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int]]:
            yield split.id, 1

    source, seen = Growing(), []
    env = environment(2)
    env.from_source(source, NO_WATERMARKS, "growing").map(seen.append).print()
    client = env.execute_async()
    until(lambda: seen == ["a"], "the first split was read")
    source.names = ("a", "b")
    until(lambda: seen == ["a", "b"], "the new split was read, and the first one only once")
    client.cancel().result()


class Stamp(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1:])


class Marks(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()


def test_each_split_has_its_own_event_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two splits read in turn, a record each: the watermark is that of the one that is behind."""
    # the splits take turns batch by batch
    monkeypatch.setenv("FLOTT_BATCH_SIZE", "1")
    env = environment(1)
    env.configure(Configuration().set_integer("flott.watermark-every", 1))
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Stamp())

    class Turns(Numbers):
        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int] | None]:
            for n in range(4):
                yield f"{split.id}{10 * n if split.id == 'a' else n}", n

    records = collected(env.from_source(Turns("ab", 4), strategy, "turns").process(Marks()))
    marks = {record: (stamp, watermark) for record, stamp, watermark in records}
    least = -(2**63)
    # a0 b0 a10 b1 ...: before b1 comes, a is at 10 and b at 0, so the watermark is 0 - 1
    assert marks["a0"] == (0, least)
    assert marks["b0"] == (0, least)
    assert marks["b1"] == (1, -1)
    assert marks["b3"] == (3, 1)


# --- mistakes


def test_mistakes_are_named() -> None:
    class Bare(Numbers):
        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[Any]:
            yield "no position"

    with pytest.raises(TypeError, match=r"Bare.read\(\) must yield record, position .*not 'no position'") as failure:
        collected(environment(1).from_source(Bare("a", 1), NO_WATERMARKS, "bare"))
    assert failure.value.__notes__[0].startswith("in source 'bare' (test_python_source.py:")

    class Unpicklable(Numbers):
        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[Any]:
            yield 1, threading.Lock()

    with pytest.raises(TypeError, match=r"a position of Unpicklable can't be pickled"):
        collected(environment(1).from_source(Unpicklable("a", 1), NO_WATERMARKS, "locks"))

    class Nameless(Numbers):
        def splits(self, runtime_context: RuntimeContext) -> list[Any]:
            return [3]

    with pytest.raises(TypeError, match=r"Nameless.splits\(\) must return splits such as Split\('a', 0\), not 3"):
        collected(environment(1).from_source(Nameless("a", 1), NO_WATERMARKS, "nameless"))
    with pytest.raises(TypeError, match="KafkaSource, FileSource or a PythonSource"):
        environment(1).from_source(object(), NO_WATERMARKS, "nothing")


def test_an_exception_in_a_source_is_the_users_own() -> None:
    class Broken(Numbers):
        def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[Any]:
            yield "a", 1
            raise ConnectionResetError("the server went away")

    with pytest.raises(ConnectionResetError, match="the server went away") as failure:
        collected(environment(2).from_source(Broken("a", 1), NO_WATERMARKS, "broken"))
    assert failure.value.__notes__ == [failure.value.__notes__[0]]
    assert failure.value.__notes__[0].startswith("in source 'broken' (test_python_source.py:")
