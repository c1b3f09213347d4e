"""Checkpoints that take too long or can't be stored: what the job does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flott.common import RestartStrategies, Types, WatermarkStrategy
from flott.datastream import MapFunction, StreamExecutionEnvironment
from flott.datastream.connectors import NumberSequenceSource
from flott.errors import FlottError

N = 3_000

#: What is done at a value, once each. Functions are copied; what stands in a module is not.
AT: dict[int, Any] = {}


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    AT.clear()


class Does(MapFunction):
    def map(self, value: int) -> int:
        if value % 20 == 0:
            time.sleep(0.001)
        AT.pop(value, lambda: None)()
        return value


def environment(checkpoints: Path, tolerated: int) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    config = env.enable_checkpointing(10).get_checkpoint_config()
    config.set_checkpoint_storage_dir(checkpoints.as_uri()).set_tolerable_checkpoint_failure_number(tolerated)
    return env


def run(env: StreamExecutionEnvironment) -> list[int]:
    numbers = NumberSequenceSource(0, N - 1)
    source = env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    with source.map(Does(), Types.LONG()).execute_and_collect() as results:
        return list(results)


def test_a_job_whose_checkpoint_cannot_be_stored_fails(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file in the place of the directory")
    with pytest.raises(FlottError, match=r"(?s)checkpoint storage: .*taken.*checkpoint 1.*disk's space"):
        run(environment(tmp_path / "taken", 0))


def test_as_many_failures_in_a_row_as_are_tolerated(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    # by then there were several
    AT[N // 2] = taken.unlink
    assert run(environment(taken, 1_000)) == list(range(N))
    assert taken.is_dir(), "the last ones were stored"
    shutil.rmtree(taken)
    taken.write_text("")
    with pytest.raises(FlottError, match="checkpoint 3"):
        run(environment(taken, 2))


def test_a_checkpoint_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    def slow(tolerated: int) -> StreamExecutionEnvironment:
        # its barrier comes behind the record at which the function is slow
        AT[N // 2] = lambda: time.sleep(0.5)
        env = environment(tmp_path, tolerated)
        env.get_checkpoint_config().set_checkpoint_timeout(250)
        return env

    with pytest.raises(FlottError, match="not every task has stored what it has within the time allowed"):
        run(slow(0))
    # the next one waits behind the same record
    assert run(slow(100)) == list(range(N))
    env = slow(0)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(1, 0))
    # collecting is at least once
    assert set(run(env)) == set(range(N))
    assert not AT
