"""What comes of each record when a job fails in the middle and goes on: by source, and by sinks that show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flott.common import RestartStrategies, Types, WatermarkStrategy
from flott.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSource, StreamFormat
from flott.datastream.connectors.python import PythonSource, Split
from tests.datastream.failing import AWAITED, FAILS, meet
from tests.datastream.test_exactly_once import POLICIES, environment, file_sink, visible

Env = StreamExecutionEnvironment

N = 20_000


class Fails(MapFunction):
    def map(self, value: Any) -> str:
        meet(int(value))
        return str(value)


class Numbers(PythonSource):
    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("all", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int]]:
        for number in range(split.position, N):
            yield str(number), number + 1


def collection(env: Env, folder: Path) -> Any:
    return env.from_collection([str(number) for number in range(N)], Types.STRING())


def lines(env: Env, folder: Path) -> Any:
    (folder / "lines.txt").write_text("".join(f"{number}\n" for number in range(N)))
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(folder / "lines.txt")).build()
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")


def written_in_python(env: Env, folder: Path) -> Any:
    return env.from_source(Numbers(), WatermarkStrategy.no_watermarks(), "numbers", Types.STRING())


def failing(env: Env, source: Any, folder: Path) -> Any:
    """The source's numbers, with two failures, the second behind a checkpoint that has some of them."""
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:], AWAITED[:] = [N // 2, N - 5], [folder / "checkpoints"]
    return source(env, folder).map(Fails(), Types.STRING()).rebalance()


@pytest.mark.parametrize("source", [collection, lines, written_in_python])
def test_a_source_goes_on_where_its_checkpoint_stands(tmp_path: Path, source: Any) -> None:
    env = environment(1, tmp_path / "checkpoints")
    failing(env, source, tmp_path).sink_to(file_sink(tmp_path / "out", POLICIES["one file"]()))
    env.execute()
    assert not FAILS
    assert visible(tmp_path / "out") == list(range(N))


def test_print_shows_each_record_at_least_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = environment(1, tmp_path / "checkpoints")
    failing(env, collection, tmp_path).print()
    env.execute()
    assert not FAILS
    shown = [int(line) for line in capsys.readouterr().out.splitlines()]
    assert set(shown) == set(range(N))
    assert len(shown) > N, "what came behind the checkpoint was shown before the failure, too"


def test_collecting_gets_each_record_at_least_once(tmp_path: Path) -> None:
    env = environment(1, tmp_path / "checkpoints")
    with failing(env, collection, tmp_path).execute_and_collect() as results:
        got = [int(value) for value in results]
    assert not FAILS
    assert set(got) == set(range(N)) and len(got) > N
