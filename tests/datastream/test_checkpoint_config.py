"""Checkpoint settings, storage and state backends: defaults as in Flink 1.20, one truth with the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from flott.common import Configuration, Duration
from flott.datastream import (
    CheckpointConfig,
    CheckpointingMode,
    CustomStateBackend,
    EmbeddedRocksDBStateBackend,
    ExternalizedCheckpointCleanup,
    ExternalizedCheckpointRetention,
    FileSystemCheckpointStorage,
    FsStateBackend,
    HashMapStateBackend,
    JobManagerCheckpointStorage,
    MemorySize,
    MemoryStateBackend,
    PredefinedOptions,
    RocksDBStateBackend,
    SlotSharingGroup,
)


def test_defaults() -> None:
    config = CheckpointConfig()
    assert not config.is_checkpointing_enabled() and config.get_checkpoint_interval() == -1
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert (config.get_checkpoint_timeout(), config.get_max_concurrent_checkpoints()) == (600_000, 1)
    assert config.get_min_pause_between_checkpoints() == 0 and config.is_fail_on_checkpointing_errors()
    assert config.get_externalized_checkpoint_cleanup() is ExternalizedCheckpointCleanup.NO_EXTERNALIZED_CHECKPOINTS
    assert not config.is_externalized_checkpoints_enabled() and not config.is_unaligned_checkpoints_enabled()
    assert config.get_checkpoint_storage() is None and config.get_alignment_timeout() == Duration.of_millis(0)


def test_it_is_a_view_of_the_configuration() -> None:
    configuration = Configuration()
    config = CheckpointConfig(configuration)
    config.set_checkpoint_interval(10_000).set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE)
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    assert configuration.to_dict() == {
        "execution.checkpointing.interval": "10000 ms",
        "execution.checkpointing.mode": "AT_LEAST_ONCE",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    }
    configuration.set_string("execution.checkpointing.interval", "1 min")
    configuration.set_string("execution.checkpointing.mode", "exactly-once")
    assert config.get_checkpoint_interval() == 60_000
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert config.is_externalized_checkpoints_enabled()
    with pytest.raises(ValueError, match="execution.checkpointing.mode: 'often'"):
        configuration.set_string("execution.checkpointing.mode", "often")
        config.get_checkpointing_mode()


@pytest.mark.parametrize(
    ("setter", "value"),
    [
        ("set_checkpoint_interval", 9),
        ("set_checkpoint_timeout", 9),
        ("set_max_concurrent_checkpoints", 0),
        ("set_min_pause_between_checkpoints", -1),
        ("set_tolerable_checkpoint_failure_number", -1),
    ],
)
def test_numbers_without_meaning_are_refused(setter: str, value: int) -> None:
    with pytest.raises(ValueError):
        getattr(CheckpointConfig(), setter)(value)


def test_a_number_of_tolerable_failures_counts_more_than_whether_failures_count() -> None:
    config = CheckpointConfig().set_fail_on_checkpointing_errors(False)
    # Flink's number for: any
    assert config.get_tolerable_checkpoint_failure_number() == 2**31 - 1
    config = CheckpointConfig().set_tolerable_checkpoint_failure_number(2).set_fail_on_checkpointing_errors(True)
    assert config.get_tolerable_checkpoint_failure_number() == 2


def test_storage() -> None:
    configuration = Configuration()
    config = CheckpointConfig(configuration).set_checkpoint_storage_dir("file:///tmp/x")
    storage = config.get_checkpoint_storage()
    assert isinstance(storage, FileSystemCheckpointStorage) and storage.get_checkpoint_path() == "file:/tmp/x"
    restored = CheckpointConfig(Configuration(configuration)).get_checkpoint_storage()
    assert isinstance(restored, FileSystemCheckpointStorage) and restored.get_checkpoint_path() == "file:/tmp/x"
    assert (storage.get_min_file_size_threshold(), storage.get_write_buffer_size()) == (20_480, 4096)
    config.set_checkpoint_storage(JobManagerCheckpointStorage())
    assert isinstance(config.get_checkpoint_storage(), JobManagerCheckpointStorage)
    with pytest.raises(ValueError, match="'relative' has no scheme"):
        config.set_checkpoint_storage_dir("relative")


def test_state_backends() -> None:
    assert HashMapStateBackend()._to_options() == {"state.backend.type": "hashmap"}
    rocksdb = EmbeddedRocksDBStateBackend(True)
    rocksdb.set_db_storage_paths("/tmp/a", "file:///tmp/b")
    rocksdb.set_predefined_options(PredefinedOptions.FLASH_SSD_OPTIMIZED)
    rocksdb.set_number_of_transfer_threads(8)
    assert rocksdb._to_options() == {
        "state.backend.type": "rocksdb",
        "execution.checkpointing.incremental": "true",
        "state.backend.rocksdb.localdir": "/tmp/a,/tmp/b",
        "state.backend.rocksdb.predefined-options": "FLASH_SSD_OPTIMIZED",
        "state.backend.rocksdb.checkpoint.transfer.thread.num": "8",
    }
    # two slashes: what stands behind them is a host
    rocksdb.set_db_storage_paths("file://host/c/")
    assert rocksdb.get_db_storage_paths() == ["/c"]
    rocksdb.set_options("org.example.Factory")
    assert (rocksdb.get_options(), EmbeddedRocksDBStateBackend().get_options()) == ("org.example.Factory", None)
    assert not EmbeddedRocksDBStateBackend().is_incremental_checkpoints_enabled()
    assert EmbeddedRocksDBStateBackend().get_number_of_transfer_threads() == 4


def test_old_state_backends() -> None:
    assert str(MemoryStateBackend()) == (
        "MemoryStateBackend (data in heap memory / checkpoints to JobManager) (checkpoints: 'null', "
        "savepoints: 'null', maxStateSize: 5242880)"
    )
    assert FsStateBackend("file:///tmp/a").get_checkpoint_path() == "file:/tmp/a"
    old = RocksDBStateBackend("file:///tmp/x")
    assert isinstance(old.get_checkpoint_backend(), FsStateBackend)
    assert old._to_options()["execution.checkpointing.dir"] == "file:/tmp/x"
    missing: list[Any] = [FsStateBackend, RocksDBStateBackend]
    for make in missing:
        with pytest.raises(ValueError, match="required"):
            make()
    with pytest.raises(NotImplementedError, match="HashMapStateBackend"):
        CustomStateBackend(None)


def test_memory_size() -> None:
    size = MemorySize.of_mebi_bytes(10)
    assert (str(size), size.get_bytes(), size.get_kibi_bytes()) == ("10 mb", 10_485_760, 10_240)
    assert MemorySize(bytes_size=1024) < size and str(MemorySize(bytes_size=1025)) == "1025 bytes"


def test_slot_sharing_group() -> None:
    assert SlotSharingGroup.builder("x").build().get_managed_memory() is None
    full = SlotSharingGroup.builder("x").set_cpu_cores(1.0).set_task_heap_memory_mb(10).set_external_resource("gpu", 1)
    group = full.build()
    assert group == full.build() and hash(group) == hash(full.build())
    assert group.get_managed_memory() == MemorySize(bytes_size=0)
    assert (group.get_cpu_cores(), group.get_external_resources()) == (1.0, {"gpu": 1.0})
    with pytest.raises(ValueError, match="cpu cores and task heap memory are required"):
        SlotSharingGroup.builder("x").set_managed_memory_mb(10).build()
    with pytest.raises(ValueError, match="should be positive"):
        SlotSharingGroup.builder("x").set_cpu_cores(1.0).set_task_heap_memory_mb(0).build()
