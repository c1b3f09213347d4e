"""When and how checkpoints are taken.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/checkpointing/
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, cast

from flott._reexports import reexport
from flott.common._settings import SettingsView, whole_number
from flott.common.time import Duration
from flott.datastream.checkpointing_mode import CheckpointingMode
from flott.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

if TYPE_CHECKING:
    from flott.common.configuration import Configuration
    from flott.datastream.checkpoint_storage import CheckpointStorage

__all__ = ["CheckpointConfig", "ExternalizedCheckpointCleanup"]

reexport(__name__)

_PREFIX = "execution.checkpointing."
_INTERVAL = _PREFIX + "interval"
_RETENTION = _PREFIX + "externalized-checkpoint-retention"
_TOLERABLE = _PREFIX + "tolerable-failed-checkpoints"


class ExternalizedCheckpointCleanup(Enum):
    """What becomes of checkpoints when a job is cancelled; the old name of ``ExternalizedCheckpointRetention``."""

    DELETE_ON_CANCELLATION = 0
    RETAIN_ON_CANCELLATION = 1
    NO_EXTERNALIZED_CHECKPOINTS = 2


class CheckpointConfig(SettingsView):
    """When and how checkpoints are taken. A view of the environment's settings ``execution.checkpointing.*``."""

    DEFAULT_MODE = CheckpointingMode.EXACTLY_ONCE
    DEFAULT_TIMEOUT = 10 * 60 * 1000
    DEFAULT_MIN_PAUSE_BETWEEN_CHECKPOINTS = 0
    DEFAULT_MAX_CONCURRENT_CHECKPOINTS = 1

    def __init__(self, configuration: Configuration | None = None) -> None:
        """:param configuration: what to read from and write to; a new one unless given"""
        super().__init__(configuration)
        self._storage: CheckpointStorage | None = None

    def is_checkpointing_enabled(self) -> bool:
        """Whether checkpoints are taken at all."""
        return self.get_checkpoint_interval() > 0

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """How often a record may count in state after a failure; ``EXACTLY_ONCE`` unless set."""
        return cast("CheckpointingMode", self._member(_PREFIX + "mode", CheckpointConfig.DEFAULT_MODE))

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> CheckpointConfig:
        """Sets how often a record may count in state after a failure."""
        if not isinstance(checkpointing_mode, CheckpointingMode):
            raise TypeError(f"set_checkpointing_mode takes a CheckpointingMode, not {checkpointing_mode!r}")
        self._configuration.set_string(_PREFIX + "mode", checkpointing_mode.name)
        return self

    def get_checkpoint_interval(self) -> int:
        """Milliseconds from one checkpoint's start to the next one's; -1 if none are taken."""
        return self._millis(_INTERVAL, -1)

    def set_checkpoint_interval(self, checkpoint_interval: int) -> CheckpointConfig:
        """Sets the milliseconds from one checkpoint's start to the next one's.

        :raises ValueError: if it is less than 10
        """
        if whole_number(checkpoint_interval, "checkpoint_interval") < 10:
            raise ValueError(f"Checkpoint interval must be larger than or equal to 10 ms, not {checkpoint_interval}")
        self._set_millis(_INTERVAL, checkpoint_interval)
        return self

    def get_checkpoint_timeout(self) -> int:
        """Milliseconds a checkpoint may take; 10 minutes unless set."""
        return self._millis(_PREFIX + "timeout", CheckpointConfig.DEFAULT_TIMEOUT)

    def set_checkpoint_timeout(self, checkpoint_timeout: int) -> CheckpointConfig:
        """Sets the milliseconds a checkpoint may take.

        :raises ValueError: if it is less than 10
        """
        if whole_number(checkpoint_timeout, "checkpoint_timeout") < 10:
            raise ValueError(f"Checkpoint timeout must be larger than or equal to 10 ms, not {checkpoint_timeout}")
        self._set_millis(_PREFIX + "timeout", checkpoint_timeout)
        return self

    def get_min_pause_between_checkpoints(self) -> int:
        """Milliseconds from one checkpoint's end to the next one's start, at least; 0 unless set."""
        return self._millis(_PREFIX + "min-pause", CheckpointConfig.DEFAULT_MIN_PAUSE_BETWEEN_CHECKPOINTS)

    def set_min_pause_between_checkpoints(self, min_pause_between_checkpoints: int) -> CheckpointConfig:
        """Sets the milliseconds from one checkpoint's end to the next one's start, at least.

        :raises ValueError: if it is negative
        """
        if whole_number(min_pause_between_checkpoints, "min_pause_between_checkpoints") < 0:
            raise ValueError(f"Pause value must be zero or positive, not {min_pause_between_checkpoints}")
        self._set_millis(_PREFIX + "min-pause", min_pause_between_checkpoints)
        return self

    def get_max_concurrent_checkpoints(self) -> int:
        """How many checkpoints may be under way at once; 1 unless set."""
        return self._configuration.get_integer(
            _PREFIX + "max-concurrent-checkpoints", CheckpointConfig.DEFAULT_MAX_CONCURRENT_CHECKPOINTS
        )

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> CheckpointConfig:
        """Sets how many checkpoints may be under way at once.

        :raises ValueError: if it is less than 1
        """
        if whole_number(max_concurrent_checkpoints, "max_concurrent_checkpoints") < 1:
            raise ValueError(
                f"The maximum number of concurrent attempts must be at least one, not {max_concurrent_checkpoints}."
            )
        self._configuration.set_integer(_PREFIX + "max-concurrent-checkpoints", max_concurrent_checkpoints)
        return self

    def is_fail_on_checkpointing_errors(self) -> bool:
        """Whether the first checkpoint that fails makes the job fail."""
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(self, fail_on_checkpointing_errors: bool) -> CheckpointConfig:
        """Sets whether the first checkpoint that fails makes the job fail; else any number may.

        Without effect where :meth:`set_tolerable_checkpoint_failure_number` has been called.
        """
        if self._configuration.contains_key(_TOLERABLE):
            return self
        return self.set_tolerable_checkpoint_failure_number(0 if fail_on_checkpointing_errors else (1 << 31) - 1)

    def get_tolerable_checkpoint_failure_number(self) -> int:
        """How many checkpoints in a row may fail before the job does; 0 unless set."""
        return self._configuration.get_integer(_TOLERABLE, 0)

    def set_tolerable_checkpoint_failure_number(self, tolerable_checkpoint_failure_number: int) -> CheckpointConfig:
        """Sets how many checkpoints in a row may fail before the job does.

        :raises ValueError: if it is negative
        """
        if whole_number(tolerable_checkpoint_failure_number, "tolerable_checkpoint_failure_number") < 0:
            raise ValueError(
                "The tolerable failure checkpoint number must be non-negative, "
                f"not {tolerable_checkpoint_failure_number}."
            )
        self._configuration.set_integer(_TOLERABLE, tolerable_checkpoint_failure_number)
        return self

    def enable_externalized_checkpoints(self, cleanup_mode: ExternalizedCheckpointCleanup) -> CheckpointConfig:
        """The old name of :meth:`set_externalized_checkpoint_retention`."""
        return self.set_externalized_checkpoint_cleanup(cleanup_mode)

    def set_externalized_checkpoint_cleanup(self, cleanup_mode: ExternalizedCheckpointCleanup) -> CheckpointConfig:
        """The old name of :meth:`set_externalized_checkpoint_retention`."""
        return self._set_retention(cleanup_mode, "set_externalized_checkpoint_cleanup")

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        """Sets what becomes of checkpoints when the job is cancelled."""
        return self._set_retention(retention_mode, "set_externalized_checkpoint_retention")

    def _set_retention(self, mode: Enum, method: str) -> CheckpointConfig:
        if not isinstance(mode, (ExternalizedCheckpointCleanup, ExternalizedCheckpointRetention)):
            raise TypeError(f"{method} takes an ExternalizedCheckpointRetention, not {mode!r}")
        self._configuration.set_string(_RETENTION, mode.name)
        return self

    def is_externalized_checkpoints_enabled(self) -> bool:
        """Whether checkpoints outlive the job."""
        return (
            self.get_externalized_checkpoint_retention()
            is not ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        )

    def get_externalized_checkpoint_cleanup(self) -> ExternalizedCheckpointCleanup:
        """The old name of :meth:`get_externalized_checkpoint_retention`."""
        return ExternalizedCheckpointCleanup[self.get_externalized_checkpoint_retention().name]

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention:
        """What becomes of checkpoints when the job is cancelled; they are deleted unless set."""
        default = ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        return cast("ExternalizedCheckpointRetention", self._member(_RETENTION, default))

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Whether barriers may overtake records; false unless set."""
        return self._configuration.get_boolean(_PREFIX + "unaligned.enabled", False)

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> CheckpointConfig:
        """Sets whether barriers may overtake records."""
        self._configuration.set_boolean(_PREFIX + "unaligned.enabled", enabled)
        return self

    def disable_unaligned_checkpoints(self) -> CheckpointConfig:
        """Barriers wait for the records before them."""
        return self.enable_unaligned_checkpoints(False)

    def set_alignment_timeout(self, alignment_timeout: Duration) -> CheckpointConfig:
        """Sets after how long a barrier overtakes records, with unaligned checkpoints."""
        if not isinstance(alignment_timeout, Duration):
            raise TypeError(f"set_alignment_timeout takes a Duration, not {alignment_timeout!r}")
        self._set_millis(_PREFIX + "aligned-checkpoint-timeout", alignment_timeout._to_millis())
        return self

    def get_alignment_timeout(self) -> Duration:
        """After how long a barrier overtakes records, with unaligned checkpoints; at once unless set."""
        return Duration.of_millis(self._millis(_PREFIX + "aligned-checkpoint-timeout", 0))

    def set_force_unaligned_checkpoints(self, force_unaligned_checkpoints: bool = True) -> CheckpointConfig:
        """Sets whether unaligned checkpoints are taken even where Flink warns against it."""
        self._configuration.set_boolean(_PREFIX + "unaligned.forced", force_unaligned_checkpoints)
        return self

    def is_force_unaligned_checkpoints(self) -> bool:
        """Whether unaligned checkpoints are taken even where Flink warns against it; false unless set."""
        return self._configuration.get_boolean(_PREFIX + "unaligned.forced", False)

    def set_checkpoint_storage(self, storage: CheckpointStorage) -> CheckpointConfig:
        """Sets where checkpoints are kept."""
        from flott.datastream.checkpoint_storage import CheckpointStorage

        if not isinstance(storage, CheckpointStorage):
            raise TypeError(
                f"set_checkpoint_storage takes a CheckpointStorage, not {storage!r}; see set_checkpoint_storage_dir"
            )
        self._configuration.remove_config(_PREFIX + "dir")
        for key, value in storage._to_options().items():
            self._configuration.set_string(key, value)
        self._storage = storage
        return self

    def set_checkpoint_storage_dir(self, checkpoint_path: str) -> CheckpointConfig:
        """Keeps checkpoints in a directory: ``"file:///var/checkpoints"``.

        :raises ValueError: if the path has no scheme
        """
        from flott.datastream.checkpoint_storage import FileSystemCheckpointStorage

        return self.set_checkpoint_storage(FileSystemCheckpointStorage(checkpoint_path))

    def get_checkpoint_storage(self) -> CheckpointStorage | None:
        """Where checkpoints are kept, or None if it was not set."""
        from flott.datastream.checkpoint_storage import FileSystemCheckpointStorage, JobManagerCheckpointStorage

        kind = self._configuration.get_string(_PREFIX + "storage", "")
        path = self._configuration.get_string(_PREFIX + "dir", "")
        if self._storage is not None:
            stored = self._storage._to_options()
            if stored.get(_PREFIX + "storage") == kind and stored.get(_PREFIX + "dir", "") == path:
                return self._storage
        if path and kind != "jobmanager":
            return FileSystemCheckpointStorage(path)
        return JobManagerCheckpointStorage() if kind == "jobmanager" else None
