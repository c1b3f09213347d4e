"""How state is kept while a job runs.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/state/state_backends/
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from flott.common.utils import java_only
from flott.datastream.checkpoint_storage import _no_java, storage_uri

__all__ = [
    "CustomStateBackend",
    "EmbeddedRocksDBStateBackend",
    "FsStateBackend",
    "HashMapStateBackend",
    "MemoryStateBackend",
    "PredefinedOptions",
    "RocksDBStateBackend",
    "StateBackend",
]


class StateBackend:
    """How state is kept while a job runs; use a subclass."""

    def __init__(self, options: dict[str, str]) -> None:
        """:param options: the backend as settings of a configuration"""
        self._options = options

    def _to_options(self) -> dict[str, str]:
        return dict(self._options)


class HashMapStateBackend(StateBackend):
    """State as live objects in memory: fast, and as large as memory. The default."""

    def __init__(self, j_hashmap_state_backend: Any = None) -> None:
        """Takes nothing."""
        _no_java(j_hashmap_state_backend)
        super().__init__({"state.backend.type": "hashmap"})

    def __str__(self) -> str:
        return "HashMapStateBackend"


class PredefinedOptions(Enum):
    """Settings of RocksDB for a kind of disk."""

    DEFAULT = 0
    SPINNING_DISK_OPTIMIZED = 1
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = 2
    FLASH_SSD_OPTIMIZED = 3


def local_path(path: str) -> str:
    """The directory of a ``file:`` URI, without the host that stands behind ``file://``."""
    uri = storage_uri(path, "path") if ":" in path else path
    rest = uri.partition(":")[2] if ":" in uri else uri
    return "/" + rest[2:].partition("/")[2] if rest.startswith("//") else rest


class _RocksDB(StateBackend):
    """What both backends on RocksDB share."""

    def __init__(self, enable_incremental_checkpointing: bool | None) -> None:
        super().__init__({"state.backend.type": "rocksdb"})
        self._incremental = enable_incremental_checkpointing
        self._paths: list[str] | None = None
        self._predefined: PredefinedOptions | None = None
        self._options_factory: str | None = None
        self._transfer_threads: int | None = None

    def set_db_storage_paths(self, *paths: str) -> None:
        """Sets the local directories of the databases; temporary ones unless set.

        :raises ValueError: if there are none
        """
        if not paths:
            raise ValueError("set_db_storage_paths: name at least one directory")
        self._paths = [local_path(path) for path in paths]

    def get_db_storage_paths(self) -> list[str] | None:
        """The local directories, or None if they were not set."""
        return None if self._paths is None else list(self._paths)

    def is_incremental_checkpoints_enabled(self) -> bool:
        """Whether a checkpoint only has what changed since the one before."""
        return bool(self._incremental)

    def set_predefined_options(self, options: PredefinedOptions) -> None:
        """Accepted for compatibility, without effect: databases are set up in one way."""
        if not isinstance(options, PredefinedOptions):
            raise TypeError(f"set_predefined_options takes one of PredefinedOptions, not {options!r}")
        self._predefined = options

    def get_predefined_options(self) -> PredefinedOptions:
        """What was set."""
        return PredefinedOptions.DEFAULT if self._predefined is None else self._predefined

    def set_options(self, options_factory_class_name: str) -> None:
        """Accepted for compatibility, without effect: it names a Java class."""
        self._options_factory = options_factory_class_name

    def get_options(self) -> str | None:
        """The class that was set, or None."""
        return self._options_factory

    def _threads(self) -> int:
        return 4 if self._transfer_threads is None else self._transfer_threads

    def _set_threads(self, number: int) -> None:
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"the number of threads is at least 1, not {number!r}")
        self._transfer_threads = number

    def _to_options(self) -> dict[str, str]:
        options = dict(self._options)
        if self._incremental is not None:
            options["execution.checkpointing.incremental"] = "true" if self._incremental else "false"
        if self._paths is not None:
            options["state.backend.rocksdb.localdir"] = ",".join(self._paths)
        if self._predefined is not None:
            options["state.backend.rocksdb.predefined-options"] = self._predefined.name
        if self._transfer_threads is not None:
            options["state.backend.rocksdb.checkpoint.transfer.thread.num"] = str(self._transfer_threads)
        return options


class EmbeddedRocksDBStateBackend(_RocksDB):
    """State as bytes in a database on disk: larger than memory, and checkpointed by what changed."""

    def __init__(
        self, enable_incremental_checkpointing: bool | None = None, j_embedded_rocks_db_state_backend: Any = None
    ) -> None:
        """:param enable_incremental_checkpointing: whether a checkpoint only has what changed; the configuration's
        ``execution.checkpointing.incremental`` unless given
        """
        _no_java(j_embedded_rocks_db_state_backend)
        super().__init__(enable_incremental_checkpointing)

    def get_number_of_transfer_threads(self) -> int:
        """How many threads write a checkpoint; 4 unless set."""
        return self._threads()

    def set_number_of_transfer_threads(self, number_of_transfering_threads: int) -> None:
        """Sets how many threads write a checkpoint.

        :raises ValueError: if it is less than 1
        """
        self._set_threads(number_of_transfering_threads)

    def __str__(self) -> str:
        return (
            f"EmbeddedRocksDBStateBackend{{localRocksDbDirectories={self._paths}, "
            f"enableIncrementalCheckpointing={'UNDEFINED' if self._incremental is None else self._incremental}, "
            f"numberOfTransferThreads={self._threads()}}}"
        )


class MemoryStateBackend(StateBackend):
    """The in-memory backend of before Flink 1.13; :class:`HashMapStateBackend` is its successor."""

    DEFAULT_MAX_STATE_SIZE = 5 * 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | None = None,
        savepoint_path: str | None = None,
        max_state_size: int | None = None,
        using_asynchronous_snapshots: bool | None = None,
        j_memory_state_backend: Any = None,
    ) -> None:
        """Arguments as in Flink; snapshots are always asynchronous here."""
        _no_java(j_memory_state_backend)
        self._checkpoint_path = None if checkpoint_path is None else storage_uri(checkpoint_path, "checkpoint_path")
        self._savepoint_path = None if savepoint_path is None else storage_uri(savepoint_path, "savepoint_path")
        self._max_state_size = self.DEFAULT_MAX_STATE_SIZE if max_state_size is None else max_state_size
        if self._max_state_size <= 0:
            raise ValueError(f"max_state_size is more than 0 bytes, not {max_state_size}")
        self._asynchronous = True if using_asynchronous_snapshots is None else using_asynchronous_snapshots
        options = {"state.backend.type": "hashmap", "execution.checkpointing.storage": "jobmanager"}
        if self._savepoint_path is not None:
            options["execution.checkpointing.savepoint-dir"] = self._savepoint_path
        super().__init__(options)

    def get_max_state_size(self) -> int:
        """The most bytes one state may have."""
        return self._max_state_size

    def is_using_asynchronous_snapshots(self) -> bool:
        """What was given, or true."""
        return self._asynchronous

    def __str__(self) -> str:
        return (
            "MemoryStateBackend (data in heap memory / checkpoints to JobManager) (checkpoints: "
            f"'{self._checkpoint_path or 'null'}', savepoints: '{self._savepoint_path or 'null'}', "
            f"maxStateSize: {self._max_state_size})"
        )


class FsStateBackend(StateBackend):
    """The file backend of before Flink 1.13; :class:`HashMapStateBackend` with a checkpoint directory succeeds it."""

    def __init__(
        self,
        checkpoint_directory_uri: str | None = None,
        default_savepoint_directory_uri: str | None = None,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int | None = None,
        using_asynchronous_snapshots: bool | None = None,
        j_fs_state_backend: Any = None,
    ) -> None:
        """:param checkpoint_directory_uri: a URI with its scheme, ``file:///…``

        :raises ValueError: without it
        """
        _no_java(j_fs_state_backend)
        if checkpoint_directory_uri is None:
            raise ValueError("The parameter 'checkpoint_directory_uri' is required!")
        self._checkpoint_path = storage_uri(checkpoint_directory_uri, "checkpoint_directory_uri")
        self._file_state_size_threshold = 20 * 1024 if file_state_size_threshold is None else file_state_size_threshold
        self._write_buffer_size = 4096 if write_buffer_size is None else write_buffer_size
        self._asynchronous = True if using_asynchronous_snapshots is None else using_asynchronous_snapshots
        options = {
            "state.backend.type": "hashmap",
            "execution.checkpointing.storage": "filesystem",
            "execution.checkpointing.dir": self._checkpoint_path,
        }
        if default_savepoint_directory_uri is not None:
            options["execution.checkpointing.savepoint-dir"] = storage_uri(
                default_savepoint_directory_uri, "default_savepoint_directory_uri"
            )
        super().__init__(options)

    def get_checkpoint_path(self) -> str:
        """The directory."""
        return self._checkpoint_path

    def get_min_file_size_threshold(self) -> int:
        """State of fewer bytes is kept in the checkpoint's description."""
        return self._file_state_size_threshold

    def is_using_asynchronous_snapshots(self) -> bool:
        """What was given, or true."""
        return self._asynchronous

    def get_write_buffer_size(self) -> int:
        """Bytes collected before they are written."""
        return self._write_buffer_size


class RocksDBStateBackend(_RocksDB):
    """The RocksDB backend of before Flink 1.13; :class:`EmbeddedRocksDBStateBackend` is its successor."""

    def __init__(
        self,
        checkpoint_data_uri: str | None = None,
        enable_incremental_checkpointing: bool | None = None,
        checkpoint_stream_backend: StateBackend | None = None,
        j_rocks_db_state_backend: Any = None,
    ) -> None:
        """:param checkpoint_data_uri: the directory of checkpoints, a URI with its scheme
        :param checkpoint_stream_backend: a backend that says where checkpoints are kept, in the URI's place

        :raises ValueError: without either
        """
        _no_java(j_rocks_db_state_backend)
        if checkpoint_data_uri is not None:
            checkpoint_stream_backend = FsStateBackend(checkpoint_data_uri)
        if checkpoint_stream_backend is None:
            raise ValueError("The parameter 'checkpoint_data_uri' or 'checkpoint_stream_backend' is required!")
        super().__init__(enable_incremental_checkpointing)
        self._checkpoint_backend = checkpoint_stream_backend
        stored = checkpoint_stream_backend._to_options()
        self._options.update({key: value for key, value in stored.items() if key != "state.backend.type"})

    def get_checkpoint_backend(self) -> StateBackend:
        """The backend that says where checkpoints are kept."""
        return self._checkpoint_backend

    def get_number_of_transfering_threads(self) -> int:
        """How many threads write a checkpoint; 4 unless set."""
        return self._threads()

    def set_number_of_transfering_threads(self, number_of_transfering_threads: int) -> None:
        """Sets how many threads write a checkpoint.

        :raises ValueError: if it is less than 1
        """
        self._set_threads(number_of_transfering_threads)

    def __str__(self) -> str:
        return (
            f"RocksDBStateBackend{{localRocksDbDirectories={self._paths}, "
            f"enableIncrementalCheckpointing={bool(self._incremental)}, numberOfTransferThreads={self._threads()}}}"
        )


class CustomStateBackend(StateBackend):
    """Wraps a Java class in PyFlink; use another backend."""

    def __init__(self, j_custom_state_backend: Any) -> None:
        """Raises NotImplementedError."""
        raise java_only("CustomStateBackend", "use HashMapStateBackend or EmbeddedRocksDBStateBackend")
