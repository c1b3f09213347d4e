"""Sinks that commit: after a crash and a restart each record is visible once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from flott.common import Encoder, RestartStrategies, Types, WatermarkStrategy
from flott.datastream import ExternalizedCheckpointRetention, MapFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.connectors.file_system import BucketAssigner, FileSink, OutputFileConfig, RollingPolicy
from flott.datastream.connectors.python import Committer, PythonSink, SinkContext, SinkWriter
from tests.datastream.failing import AWAITED, FAILS, Broken, meet

Env = StreamExecutionEnvironment

N = 60_000


class Fails(MapFunction):
    def map(self, value: int) -> str:
        meet(value)
        return str(value)


def numbers(env: Env) -> Any:
    source = env.from_source(NumberSequenceSource(0, N - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    # it reads at the function's pace: barriers wait behind few records
    return source.uid("numbers").map(Fails(), Types.STRING()).uid("fails").rebalance()


def environment(parallelism: int, checkpoints: Path) -> Env:
    env = Env.get_execution_environment().set_parallelism(parallelism)
    env.enable_checkpointing(10)
    config = env.get_checkpoint_config().set_checkpoint_storage_dir(checkpoints.as_uri())
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    return env


def file_sink(folder: Path, policy: RollingPolicy) -> FileSink:
    names = OutputFileConfig.builder().with_part_suffix(".txt").build()
    builder = FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
    builder.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).with_output_file_config(names)
    return builder.with_rolling_policy(policy).build()


def visible(folder: Path) -> list[int]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return sorted(int(line) for path in files for line in path.read_text().splitlines())


POLICIES = {
    # files that are ended between two checkpoints, files that are open at them, and one a checkpoint
    "small files": lambda: RollingPolicy.default_rolling_policy(2_000),
    "one file": RollingPolicy.default_rolling_policy,
    "a file a checkpoint": RollingPolicy.on_checkpoint_rolling_policy,
}


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize("policy", POLICIES)
def test_files_have_each_record_once_after_restarts(tmp_path: Path, policy: str, parallelism: int) -> None:
    env = environment(parallelism, tmp_path / "checkpoints")
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:], AWAITED[:] = [N // 2, N - 5], [tmp_path / "checkpoints"]
    numbers(env).sink_to(file_sink(tmp_path / "out", POLICIES[policy]())).uid("files")
    env.execute()
    assert not FAILS
    assert visible(tmp_path / "out") == list(range(N))


@pytest.mark.parametrize(("before", "after"), [(1, 1), (3, 2)])
def test_files_have_each_record_once_after_a_restore(tmp_path: Path, before: int, after: int) -> None:
    env = environment(before, tmp_path / "checkpoints")
    FAILS[:], AWAITED[:] = [N - 5], [tmp_path / "checkpoints"]
    numbers(env).sink_to(file_sink(tmp_path / "out", POLICIES["small files"]())).uid("files")
    with pytest.raises(Broken):
        env.execute()
    (checkpoint,) = (tmp_path / "checkpoints").glob("*/chk-*")
    assert visible(tmp_path / "out") == sorted(set(visible(tmp_path / "out")))

    again = environment(after, tmp_path / "checkpoints")
    again._configuration.set_string("execution.state-recovery.path", checkpoint.as_uri())
    numbers(again).sink_to(file_sink(tmp_path / "out", POLICIES["small files"]())).uid("files")
    again.execute()
    assert visible(tmp_path / "out") == list(range(N))
    hidden = [path.name for path in (tmp_path / "out").rglob(".*")]
    assert all(name.startswith(".part-") and ".txt.inprogress." in name for name in hidden)


class Ledger(PythonSink):
    """Commits what was staged, by name: a name that was committed before is left as it is."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.names = 0
        self.committed: dict[int, list[str]] = {}

    def __deepcopy__(self, memo: Any) -> Ledger:
        return self

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return LedgerWriter(self)

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        return LedgerCommitter(self)


class LedgerWriter(SinkWriter):
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.staged: list[str] = []

    def write(self, value: str, context: SinkContext) -> None:
        self.staged.append(value)

    def prepare_commit(self) -> list[tuple[int, list[str]]]:
        staged, self.staged = self.staged, []
        with self.ledger.lock:
            self.ledger.names += 1
            return [(self.ledger.names, staged)] if staged else []


class LedgerCommitter(Committer):
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def commit(self, committables: Sequence[tuple[int, list[str]]]) -> None:
        with self.ledger.lock:
            for name, values in committables:
                self.ledger.committed[name] = values


@pytest.mark.parametrize("parallelism", [1, 3])
def test_a_python_sink_has_each_record_once_after_restarts(tmp_path: Path, parallelism: int) -> None:
    ledger = Ledger()
    env = environment(parallelism, tmp_path)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:], AWAITED[:] = [N // 2, N - 5], [tmp_path]
    numbers(env).sink_to(ledger).uid("ledger")
    env.execute()
    assert not FAILS
    assert sorted(int(value) for values in ledger.committed.values() for value in values) == list(range(N))


class CommitsLate(Ledger):
    """Is told that a checkpoint is complete, and fails before it has committed anything."""

    fails = True

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        return FailsOnce(self)


class FailsOnce(LedgerCommitter):
    def commit(self, committables: Sequence[tuple[int, list[str]]]) -> None:
        with self.ledger.lock:
            fails, CommitsLate.fails = CommitsLate.fails, False
        if fails:
            raise Broken("the server is away")
        super().commit(committables)


def test_what_a_complete_checkpoint_has_is_committed_after_the_restart(tmp_path: Path) -> None:
    """The first commit fails: its records are in the checkpoint, and the source does not read them again."""
    CommitsLate.fails = True
    ledger = CommitsLate()
    env = environment(1, tmp_path)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(1, 0))
    numbers(env).sink_to(ledger).uid("ledger")
    env.execute()
    assert not CommitsLate.fails
    assert sorted(int(value) for values in ledger.committed.values() for value in values) == list(range(N))


def test_a_committable_that_cannot_be_stored_is_named(tmp_path: Path) -> None:
    class Unstored(LedgerWriter):
        def prepare_commit(self) -> Any:
            return [lambda: None]

    class Sink(Ledger):
        def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
            return Unstored(self)

    env = environment(1, tmp_path)
    numbers(env).sink_to(Sink())
    with pytest.raises(TypeError, match=r"<lambda> at .*prepare_commit\(\) returned, can't be stored in a checkpoint"):
        env.execute()
