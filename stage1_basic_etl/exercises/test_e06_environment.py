"""Judges exercise 1.6."""

from __future__ import annotations

from flott.datastream import CheckpointingMode
from stage1_basic_etl.exercises.e06_environment import environment
from utils.exercise import expect


def test_two_subtasks() -> None:
    expect(environment().get_parallelism(), 2, "the environment's parallelism", "env.set_parallelism(...)")


def test_a_checkpoint_every_five_seconds() -> None:
    config = environment().get_checkpoint_config()
    expect(config.get_checkpoint_interval(), 5_000, "the interval in ms", "5 seconds are 5000 milliseconds")
    idea = "enable_checkpointing(interval, mode) takes a CheckpointingMode; unless told otherwise it is EXACTLY_ONCE"
    expect(config.get_checkpointing_mode(), CheckpointingMode.AT_LEAST_ONCE, "the mode", idea)


def test_a_rest_between_two() -> None:
    config = environment().get_checkpoint_config()
    idea = "set_min_pause_between_checkpoints(...) of the CheckpointConfig"
    expect(config.get_min_pause_between_checkpoints(), 1_000, "the pause in ms", idea)
