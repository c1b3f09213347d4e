"""What the engine is told of checkpoints, restarts and restores: settings by Flink's names, in its terms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flott.common._units import parse_duration_ms
from flott.common.restart_strategy import RestartStrategies
from flott.datastream.state_backend import local_path

if TYPE_CHECKING:
    from flott.common.configuration import Configuration
    from flott.datastream.checkpoint_config import CheckpointConfig

__all__ = ["backend_options", "place", "recovery_options", "schedule_options", "storage_options"]

_RESTORE = ("execution.state-recovery.path", "execution.savepoint.path")
_IGNORE = ("execution.state-recovery.ignore-unclaimed-state", "execution.savepoint.ignore-unclaimed-state")
_SAVEPOINTS = ("execution.checkpointing.savepoint-dir", "state.savepoints.dir")
_RESTART = "restart-strategy."
_FACTORIES = "org.apache.flink.runtime.state."


def schedule_options(config: CheckpointConfig) -> dict[str, Any]:
    """The part of a job's configuration that says when checkpoints are taken; empty where they are not.

    :raises ValueError: for settings that do not go together
    """
    if not config.is_checkpointing_enabled():
        return {}
    unaligned, concurrent = config.is_unaligned_checkpoints_enabled(), config.get_max_concurrent_checkpoints()
    if unaligned and concurrent > 1:
        raise ValueError(
            f"max-concurrent-checkpoints is {concurrent}, and unaligned checkpoints are taken one at a time: leave it "
            "at 1, or leave execution.checkpointing.unaligned.enabled off"
        )
    return {
        "concurrent_checkpoints": concurrent,
        "unaligned_after_ms": config.get_alignment_timeout()._to_millis() if unaligned else None,
        "checkpoint_interval_ms": config.get_checkpoint_interval(),
        "checkpoint_pause_ms": config.get_min_pause_between_checkpoints(),
        "checkpoint_timeout_ms": config.get_checkpoint_timeout(),
        "tolerated_failures": config.get_tolerable_checkpoint_failure_number(),
    }


def backend_options(options: Configuration) -> dict[str, Any]:
    """The part of a job's configuration that says how state is kept while it runs.

    :raises ValueError: for a backend there is not
    """
    name = _first(options, ("state.backend.type", "state.backend")).strip() or "hashmap"
    if name in ("hashmap", "filesystem", "jobmanager", _FACTORIES + "hashmap.HashMapStateBackendFactory"):
        return {}
    if name not in ("rocksdb", "org.apache.flink.contrib.streaming.state.EmbeddedRocksDBStateBackendFactory"):
        raise ValueError(f"state.backend.type: '{name}' is no state backend; use 'hashmap' or 'rocksdb'")
    incremental = _first(options, ("execution.checkpointing.incremental", "state.backend.incremental"))
    directories = _first(options, ("state.backend.rocksdb.localdir", "io.tmp.dirs"))
    paths = [local_path(part) for part in directories.replace(";", ",").split(",") if part.strip()]
    return {"rocksdb": (paths, incremental.strip().lower() == "true")}


def recovery_options(config: CheckpointConfig, options: Configuration, job_id: str) -> dict[str, Any]:
    """The part of a job's configuration that says where checkpoints are and what a failure or a restore does.

    :raises ValueError: for a setting that means nothing
    """
    found: dict[str, Any] = {"restart": _restart(options), "storage_options": storage_options(options)}
    savepoints = _first(options, _SAVEPOINTS)
    if savepoints:
        found["savepoint_dir"] = place(savepoints)
    if config.is_checkpointing_enabled():
        directory = options.get_string("execution.checkpointing.dir", options.get_string("state.checkpoints.dir", ""))
        kind = options.get_string("execution.checkpointing.storage", "")
        found["checkpoint_storage"] = "" if kind == "jobmanager" or not directory else f"{_path(directory)}/{job_id}"
        found["retention"] = config.get_externalized_checkpoint_retention().name
    restore = _first(options, _RESTORE)
    if restore:
        root, _, name = _path(restore).removesuffix("/_metadata").rpartition("/")
        found["restore"] = (root or ".", name)
        found["allow_non_restored"] = _first(options, _IGNORE).lower() == "true"
    return found


def storage_options(options: Configuration) -> dict[str, str]:
    """What storages are told: where an object store is, and who asks."""
    return {key: str(value) for key, value in options.to_dict().items() if key.startswith("s3.")}


def place(directory: str) -> str:
    """A directory as a URL, so that it is the same wherever somebody else stands."""
    if "://" in directory or directory.startswith("file:"):
        return _path(directory)
    return Path(directory).absolute().as_uri()


def _first(options: Configuration, keys: tuple[str, ...]) -> str:
    return next((value for value in (options.get_string(key, "") for key in keys) if value), "")


def _path(url: str) -> str:
    """A ``file:`` URL in the form that has an authority, which URLs are read by."""
    url = url.rstrip("/")
    return f"file://{url[5:]}" if url.startswith("file:/") and not url.startswith("file://") else url


def _restart(options: Configuration) -> tuple[str, list[float]]:
    """The strategy's name and numbers. Without one a job that fails has failed."""
    given = {key: value for key, value in options.to_dict().items() if key.startswith("restart-strategy")}
    name = RestartStrategies._name(given)
    if name != "exponential-delay":
        return RestartStrategies._of_options(given)._for_engine()

    # PyFlink has no class for it
    def millis(key: str, default: str) -> int:
        key = f"{_RESTART}{name}.{key}"
        return parse_duration_ms(given.get(key, default), key)

    def number(key: str, default: str) -> float:
        key = f"{_RESTART}{name}.{key}"
        try:
            return float(given.get(key, default))
        except ValueError:
            raise ValueError(f"{key} is a number, not '{given[key]}'") from None

    return name, [
        millis("initial-backoff", "1 s"),
        millis("max-backoff", "1 min"),
        number("backoff-multiplier", "1.5"),
        millis("reset-backoff-threshold", "1 h"),
        number("jitter-factor", "0.1"),
    ]
