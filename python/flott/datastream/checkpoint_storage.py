"""Where checkpoints are kept.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/state/checkpoints/
"""

from __future__ import annotations

from typing import Any

from flott.common.utils import java_only

__all__ = ["CheckpointStorage", "CustomCheckpointStorage", "FileSystemCheckpointStorage", "JobManagerCheckpointStorage"]


class CheckpointStorage:
    """Where checkpoints are kept; use a subclass."""

    def __init__(self, options: dict[str, str]) -> None:
        """:param options: the storage as settings of a configuration"""
        self._options = options

    def _to_options(self) -> dict[str, str]:
        return dict(self._options)


class JobManagerCheckpointStorage(CheckpointStorage):
    """Checkpoints in memory: they are gone with the process. For tests."""

    DEFAULT_MAX_STATE_SIZE = 5 * 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | None = None,
        max_state_size: int | None = None,
        j_jobmanager_checkpoint_storage: Any = None,
    ) -> None:
        """:param checkpoint_path: where a checkpoint's description is written; nowhere unless given
        :param max_state_size: the most bytes one state may have; 5 MB unless given
        """
        _no_java(j_jobmanager_checkpoint_storage)
        self._checkpoint_path = None if checkpoint_path is None else storage_uri(checkpoint_path, "checkpoint_path")
        self._max_state_size = self.DEFAULT_MAX_STATE_SIZE if max_state_size is None else max_state_size
        if self._max_state_size <= 0:
            raise ValueError(f"max_state_size is more than 0 bytes, not {max_state_size}")
        super().__init__({"execution.checkpointing.storage": "jobmanager"})

    def get_checkpoint_path(self) -> str | None:
        """Where a checkpoint's description is written, or None."""
        return self._checkpoint_path

    def get_max_state_size(self) -> int:
        """The most bytes one state may have."""
        return self._max_state_size

    def get_savepoint_path(self) -> str | None:
        """Where savepoints go unless a path is given; None."""
        return None

    def __str__(self) -> str:
        return f"JobManagerCheckpointStorage (checkpoints to JobManager) ( maxStateSize: {self._max_state_size})"


class FileSystemCheckpointStorage(CheckpointStorage):
    """Checkpoints in a directory: ``FileSystemCheckpointStorage("file:///var/checkpoints")``."""

    MAX_FILE_STATE_THRESHOLD = 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | None = None,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int = -1,
        j_filesystem_checkpoint_storage: Any = None,
    ) -> None:
        """:param checkpoint_path: a URI with its scheme, ``file:///…``
        :param file_state_size_threshold: state of fewer bytes is kept in the description; 20 kB unless given
        :param write_buffer_size: bytes collected before they are written; 4 kB unless given

        :raises ValueError: if the path has no scheme, or the threshold is not 0 to 1 MB
        """
        _no_java(j_filesystem_checkpoint_storage)
        if checkpoint_path is None:
            raise ValueError("FileSystemCheckpointStorage: no path; give one, such as 'file:///var/checkpoints'")
        self._checkpoint_path = storage_uri(checkpoint_path, "checkpoint_path")
        threshold = 20 * 1024 if file_state_size_threshold in (None, -1) else file_state_size_threshold
        if threshold is None or not 0 <= threshold <= self.MAX_FILE_STATE_THRESHOLD:
            raise ValueError(
                f"file_state_size_threshold is 0 to {self.MAX_FILE_STATE_THRESHOLD} bytes, not {threshold}"
            )
        self._file_state_size_threshold = threshold
        self._write_buffer_size = write_buffer_size if write_buffer_size >= 0 else 4096
        super().__init__(
            {
                "execution.checkpointing.storage": "filesystem",
                "execution.checkpointing.dir": self._checkpoint_path,
            }
        )

    def get_checkpoint_path(self) -> str:
        """The directory."""
        return self._checkpoint_path

    def get_savepoint_path(self) -> str | None:
        """Where savepoints go unless a path is given; None."""
        return None

    def get_min_file_size_threshold(self) -> int:
        """State of fewer bytes is kept in the checkpoint's description."""
        return self._file_state_size_threshold

    def get_write_buffer_size(self) -> int:
        """Bytes collected before they are written."""
        return self._write_buffer_size

    def __str__(self) -> str:
        return f"FileSystemCheckpointStorage (checkpoints: '{self._checkpoint_path}')"


class CustomCheckpointStorage(CheckpointStorage):
    """Wraps a Java class in PyFlink; use :class:`FileSystemCheckpointStorage`."""

    def __init__(self, j_custom_checkpoint_storage: Any) -> None:
        """Raises NotImplementedError."""
        raise java_only("CustomCheckpointStorage", "use FileSystemCheckpointStorage('file:///...')")


def storage_uri(path: Any, what: str) -> str:
    """A URI as Flink's ``Path`` shows it: ``file:///tmp/a`` becomes ``file:/tmp/a``.

    :raises ValueError: if it has no scheme
    """
    if hasattr(path, "as_uri"):
        path = path.as_uri()
    if not isinstance(path, str):
        raise TypeError(f"{what} is a string such as 'file:///var/checkpoints', not {path!r}")
    scheme, separator, rest = path.partition(":")
    if not separator or "/" in scheme or not rest:
        raise ValueError(f"{what}: '{path}' has no scheme (file://, s3://, etc); write it as 'file:///var/checkpoints'")
    if scheme == "file" and rest.startswith("///"):
        rest = rest[2:]
    return f"{scheme}:{rest.rstrip('/') or '/'}"


def _no_java(given: Any) -> None:
    if given is not None:
        raise java_only("a Java object", "use the other arguments")
