"""Judges exercise 4.9."""

from __future__ import annotations

import pytest

from flott.datastream import CheckpointingMode, EmbeddedRocksDBStateBackend, ExternalizedCheckpointRetention
from flott.datastream.checkpoint_config import CheckpointConfig
from stage4_state_cep.exercises.e09_fault_tolerant import environment
from utils.exercise import expect

WHERE = "file:///data/checkpoints"


@pytest.fixture
def config() -> CheckpointConfig:
    return environment(WHERE).get_checkpoint_config()


def test_when_and_how(config: CheckpointConfig) -> None:
    got = (config.get_checkpoint_interval(), config.get_checkpointing_mode())
    expect(got, (10_000, CheckpointingMode.EXACTLY_ONCE), "interval in ms, and mode", "env.enable_checkpointing(...)")
    times = (config.get_checkpoint_timeout(), config.get_min_pause_between_checkpoints())
    expect(times, (120_000, 500), "timeout and pause in ms", "env.get_checkpoint_config().set_checkpoint_timeout(...)")


def test_where_and_for_how_long(config: CheckpointConfig) -> None:
    storage = config.get_checkpoint_storage()
    where = "" if storage is None else str(storage.get_checkpoint_path())
    idea = "set_checkpoint_storage_dir(...)"
    expect(where.replace("file:///", "file:/"), "file:/data/checkpoints", "the storage of checkpoints", idea)
    kept = config.get_externalized_checkpoint_retention()
    expect(
        kept,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION,
        "what becomes of checkpoints when the job is cancelled",
        "set_externalized_checkpoint_retention(...)",
    )


def test_the_state_backend() -> None:
    backend = environment(WHERE).get_state_backend()
    expect(type(backend), EmbeddedRocksDBStateBackend, "the state backend", "env.set_state_backend(...)")
    assert isinstance(backend, EmbeddedRocksDBStateBackend)
    idea = "EmbeddedRocksDBStateBackend(enable_incremental_checkpointing=True)"
    expect(backend.is_incremental_checkpoints_enabled(), True, "only what has changed is written", idea)


def test_after_a_failure() -> None:
    strategy = environment(WHERE).get_restart_strategy()
    idea = "env.set_restart_strategy(RestartStrategies.fixed_delay_restart(attempts, delay in ms))"
    expected = "Restart with fixed delay (PT10S). #3 restart attempts."
    expect(strategy.get_description(), expected, "the restart strategy", idea)
