"""Judges exercise 4.10: the job really fails, in the middle."""

from __future__ import annotations

import time
from pathlib import Path

from flott.common import Configuration
from flott.datastream import StreamExecutionEnvironment
from flott.testing import collect
from stage4_state_cep.exercises.e10_comes_back import numbered, restartable
from utils.exercise import build, expect

ORDERS = ["ada", "bob"] * 150


class FailsOnce:
    """Lets records pass, and fails once, when a third checkpoint is complete."""

    def __init__(self, checkpoints: Path) -> None:
        self.checkpoints = checkpoints
        self.has_failed = False

    def __call__(self, record: object) -> object:
        time.sleep(0.001)
        if not self.has_failed:
            complete = [
                int(file.parent.name.removeprefix("chk-")) for file in self.checkpoints.glob("*/chk-*/_metadata")
            ]
            if max(complete, default=0) >= 3:
                self.has_failed = True
                raise RuntimeError("the machine burns")
        return record


def environment() -> StreamExecutionEnvironment:
    # a checkpoint comes between two batches
    env = StreamExecutionEnvironment.get_execution_environment(Configuration().set_integer("flott.batch-size", 2))
    env.set_parallelism(1)
    restartable(env)
    return env


def test_each_order_has_its_number(tmp_path: Path) -> None:
    env = environment()
    env.get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
    fails = FailsOnce(tmp_path)
    told = set(collect(build(numbered, env.from_collection(ORDERS)).map(fails)))
    given = "150 orders of ada and bob each; the job fails behind its third checkpoint"
    idea = "env.enable_checkpointing(20): there has to be a checkpoint to go on from"
    expect(fails.has_failed, True, f"{given}: was there one?", idea)
    expected = sorted((user, number) for user in ("ada", "bob") for number in range(1, 151))
    expect(sorted(told), expected, given, "a KeyedProcessFunction with a ValueState, behind key_by")


def test_how_it_is_set() -> None:
    env = environment()
    got = (env.get_checkpoint_config().get_checkpoint_interval(), env.get_restart_strategy().get_description())
    idea = "env.enable_checkpointing(20) and env.set_restart_strategy(RestartStrategies.fixed_delay_restart(3, 10))"
    expect(got, (20, "Restart with fixed delay (PT0.01S). #3 restart attempts."), "interval and strategy", idea)
