"""The settings of an environment: what its jobs are run with.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/deployment/config/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flott.common import _checks as checks
from flott.common._units import parse_duration_ms
from flott.common.configuration import Configuration
from flott.common.execution_config import ExecutionConfig
from flott.datastream._columns import is_expression
from flott.datastream.execution_mode import RuntimeExecutionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flott._flott import Graph
    from flott.common.restart_strategy import RestartStrategyConfiguration
    from flott.common.watermark_strategy import WatermarkStrategy
    from flott.datastream.checkpoint_config import CheckpointConfig
    from flott.datastream.checkpointing_mode import CheckpointingMode
    from flott.datastream.slot_sharing_group import SlotSharingGroup
    from flott.datastream.state_backend import StateBackend
    from flott.datastream.time_characteristic import TimeCharacteristic

__all__ = ["NO_WATERMARKS", "EnvironmentSettings"]

#: The strategy that does nothing, as the engine reads it.
NO_WATERMARKS = '{"kind": "none"}'

S = TypeVar("S", bound="EnvironmentSettings")


class EnvironmentSettings:
    """The part of :class:`StreamExecutionEnvironment` that sets and tells what its jobs are run with."""

    def __init__(self, configuration: Configuration | None) -> None:
        self._configuration = Configuration() if configuration is None else configuration
        self._config = ExecutionConfig(self._configuration)
        self._state_backend: StateBackend | None = None
        self._slot_sharing_groups: dict[str, SlotSharingGroup] = {}
        self._cached_files: dict[str, tuple[str, bool]] = {}

    def get_config(self) -> ExecutionConfig:
        """The configuration of the jobs."""
        return self._config

    def configure(self, configuration: Configuration) -> None:
        """Sets the given options, over those that are set."""
        self._configuration.add_all(configuration)

    def set_parallelism(self: S, parallelism: int) -> S:
        """The number of subtasks of each operator that doesn't set its own.

        :raises ValueError: if it is less than 1
        """
        checks.parallelism(parallelism, "the parallelism")
        self._configuration.set_integer("parallelism.default", max(parallelism, 1))
        return self

    def get_parallelism(self) -> int:
        """The number of subtasks of each operator that doesn't set its own, 1 unless it was set."""
        return self._configuration.get_integer("parallelism.default", 1)

    def set_max_parallelism(self: S, max_parallelism: int) -> S:
        """The number of key groups: the highest parallelism that a job can be restored with.

        :raises ValueError: unless it is 1 to 32768
        """
        if not 0 < max_parallelism <= 32768:
            raise ValueError(f"the maximum parallelism is 1 to 32768, not {max_parallelism}")
        self._configuration.set_integer("pipeline.max-parallelism", max_parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups, -1 where Flott chooses (128)."""
        return self._configuration.get_integer("pipeline.max-parallelism", -1)

    def set_runtime_mode(self, execution_mode: RuntimeExecutionMode) -> None:
        """How a bounded program runs: in BATCH mode only final results are emitted."""
        self._configuration.set_string("execution.runtime-mode", execution_mode.name)

    def _runtime_mode(self) -> RuntimeExecutionMode:
        return RuntimeExecutionMode[self._configuration.get_string("execution.runtime-mode", "STREAMING").upper()]

    def _is_batch(self, graph: Graph) -> bool:
        """Whether a job runs in BATCH mode, whose graph is being made."""
        mode = self._runtime_mode()
        automatic = mode is RuntimeExecutionMode.AUTOMATIC and graph.is_bounded()
        return mode is RuntimeExecutionMode.BATCH or automatic

    def _watermarks(
        self, strategy: WatermarkStrategy, graph: Graph
    ) -> tuple[str, Callable[[Any, int], int] | None, Callable[[], Any] | None]:
        """The strategy as the engine takes it: JSON, what assigns timestamps, and what makes generators. In BATCH mode
        time advances at the end only. An expression for the time is not among these."""
        import json

        spec = NO_WATERMARKS if self._is_batch(graph) else json.dumps(strategy._to_spec())
        assigner = strategy._timestamp_assigner
        none = assigner is None or is_expression(assigner)
        return spec, None if none else assigner.extract_timestamp, strategy._generator

    def set_buffer_timeout(self: S, timeout_millis: int) -> S:
        """Accepted for compatibility: Flott hands a batch on as soon as it is made.

        :param timeout_millis: milliseconds; -1 for no limit
        :raises ValueError: if it is less than -1
        """
        if timeout_millis < -1:
            raise ValueError(f"the buffer timeout is -1 (none) or more milliseconds, not {timeout_millis}")
        self._configuration.set_boolean("execution.buffer-timeout.enabled", timeout_millis >= 0)
        if timeout_millis >= 0:
            self._configuration.set_string("execution.buffer-timeout.interval", f"{timeout_millis} ms")
        return self

    def get_buffer_timeout(self) -> int:
        """The time that was set, in milliseconds; 100, Flink's default, otherwise; -1 where there is no limit."""
        if not self._configuration.get_boolean("execution.buffer-timeout.enabled", True):
            return -1
        text = self._option("execution.buffer-timeout.interval", "execution.buffer-timeout", "100 ms")
        return parse_duration_ms(text, "execution.buffer-timeout.interval")

    def disable_operator_chaining(self: S) -> S:
        """Runs each operator in a task of its own."""
        self._configuration.set_boolean("pipeline.operator-chaining.enabled", False)
        return self

    def is_chaining_enabled(self) -> bool:
        """Whether operators may share a task."""
        text = self._option("pipeline.operator-chaining.enabled", "pipeline.operator-chaining", "true")
        return text.lower() == "true"

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        """Always True: only the parallelism decides about chaining."""
        return True

    def set_default_local_parallelism(self, parallelism: int) -> None:
        """The parallelism of environments that are made from now on, unless they set their own.

        :raises ValueError: if it is less than 1
        """
        from flott.datastream import _defaults

        if parallelism < 1:
            raise ValueError(f"the parallelism is at least 1, not {parallelism}")
        _defaults.local_parallelism = parallelism

    def get_default_local_parallelism(self) -> int:
        """The parallelism of environments that don't set their own; 1 unless set, where Flink takes all cores."""
        from flott.datastream import _defaults

        return _defaults.local_parallelism or 1

    def register_slot_sharing_group(self: S, slot_sharing_group: SlotSharingGroup) -> S:
        """Accepted for compatibility: operators of different groups are not chained, resources are not divided."""
        self._slot_sharing_groups[slot_sharing_group.get_name()] = slot_sharing_group
        return self

    def set_stream_time_characteristic(self, characteristic: TimeCharacteristic) -> None:
        """Accepted for compatibility: since Flink 1.12 programs need not choose, event time always works.

        As in Flink, ``ProcessingTime`` sets the interval of watermarks to 0, and the others to 200 ms.
        """
        from flott.datastream.time_characteristic import TimeCharacteristic

        self._configuration.set_string("pipeline.time-characteristic", characteristic.name)
        processing = characteristic is TimeCharacteristic.ProcessingTime
        self._config.set_auto_watermark_interval(0 if processing else 200)

    def get_stream_time_characteristic(self) -> TimeCharacteristic:
        """What was set, ``EventTime`` otherwise."""
        from flott.datastream.time_characteristic import TimeCharacteristic

        name = self._configuration.get_string("pipeline.time-characteristic", "EventTime")
        # options write it in either way
        names = {each.name.lower(): each for each in TimeCharacteristic}
        return names[name.lower().replace("-", "").replace("_", "")]

    # --- what only a JVM has

    def add_default_kryo_serializer(self, type_class_name: str, serializer_class_name: str) -> None:
        """Accepted for compatibility, without effect: Kryo serializes Java objects."""
        self._config.add_default_kryo_serializer(type_class_name, serializer_class_name)

    def register_type_with_kryo_serializer(self, type_class_name: str, serializer_class_name: str) -> None:
        """Accepted for compatibility, without effect: Kryo serializes Java objects."""
        self._config.register_type_with_kryo_serializer(type_class_name, serializer_class_name)

    def register_type(self, type_class_name: str) -> None:
        """Accepted for compatibility, without effect: there are no Java types."""
        self._config.register_pojo_type(type_class_name)

    def set_restart_strategy(self, restart_strategy_configuration: RestartStrategyConfiguration) -> None:
        """Whether a job that fails is started again, from its last checkpoint, and when.

        Without one it fails, also with checkpoints, where Flink 1.20 restarts it for ever.
        """
        self._config.set_restart_strategy(restart_strategy_configuration)

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """The strategy that was set."""
        return self._config.get_restart_strategy()

    # --- checkpoints

    def get_checkpoint_config(self) -> CheckpointConfig:
        """The configuration of checkpoints."""
        from flott.datastream.checkpoint_config import CheckpointConfig

        return CheckpointConfig(self._configuration)

    def enable_checkpointing(self: S, interval: int, mode: CheckpointingMode | None = None) -> S:
        """Stores state every so many milliseconds, so that a job can go on from there; see ``docs/checkpoints.md``.

        Sinks make safe what they have and sources commit that they are so far as often. Without it they do once a
        second, and nothing is stored.
        """
        config = self.get_checkpoint_config().set_checkpoint_interval(interval)
        if mode is not None:
            config.set_checkpointing_mode(mode)
        return self

    def get_checkpoint_interval(self) -> int:
        """The interval in milliseconds, -1 unless checkpointing is enabled."""
        return self.get_checkpoint_config().get_checkpoint_interval()

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """The mode, EXACTLY_ONCE unless it was set."""
        return self.get_checkpoint_config().get_checkpointing_mode()

    def get_checkpointing_consistency_mode(self) -> CheckpointingMode:
        """The same as :meth:`get_checkpointing_mode`."""
        return self.get_checkpointing_mode()

    def get_state_backend(self) -> StateBackend | None:
        """How state is kept: what was set, or None."""
        from flott.datastream.state_backend import EmbeddedRocksDBStateBackend, HashMapStateBackend

        if self._state_backend is not None:
            return self._state_backend
        kind = self._option("state.backend.type", "state.backend", "")
        named = {"hashmap": HashMapStateBackend, "rocksdb": EmbeddedRocksDBStateBackend}
        return named[kind]() if kind in named else None

    def set_state_backend(self: S, state_backend: StateBackend) -> S:
        """Sets how keyed state of functions is kept: in memory (``HashMapStateBackend``, the default) or on disk::

            env.set_state_backend(EmbeddedRocksDBStateBackend(enable_incremental_checkpointing=True))

        https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/state/state_backends/
        """
        self._state_backend = state_backend
        for key, value in state_backend._to_options().items():
            self._configuration.set_string(key, value)
        return self

    def enable_changelog_state_backend(self: S, enabled: bool) -> S:
        """Accepted for compatibility, without effect: the changelog makes checkpoints of remote storage shorter."""
        self._configuration.set_boolean("state.changelog.enabled", enabled)
        return self

    def is_changelog_state_backend_enabled(self) -> bool | None:
        """What was set, or None."""
        text = self._configuration.get_string("state.changelog.enabled", "")
        return text.lower() == "true" if text else None

    def set_default_savepoint_directory(self: S, directory: str) -> S:
        """Where savepoints go unless a path is given: ``"file:///var/savepoints"``."""
        self._configuration.set_string("execution.checkpointing.savepoint-dir", directory)
        return self

    def get_default_savepoint_directory(self) -> str | None:
        """What was set, as Flink writes paths (``file:/tmp`` for ``file:///tmp``), or None."""
        from flott.datastream.checkpoint_storage import storage_uri

        given = self._option("execution.checkpointing.savepoint-dir", "state.savepoints.dir", "")
        return storage_uri(given, "directory") if ":" in given else given or None

    def register_cached_file(self, file_path: str, name: str, executable: bool = False) -> None:
        """Accepted for compatibility: functions in Python read the file itself, by its path.

        :raises ValueError: if another file has that name already
        """
        if self._cached_files.get(name, (file_path, executable)) != (file_path, executable):
            raise ValueError(f"the name '{name}' is that of {self._cached_files[name][0]} already")
        self._cached_files[name] = file_path, executable

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Whether unaligned checkpoints were asked for."""
        return self.get_checkpoint_config().is_unaligned_checkpoints_enabled()

    def is_force_unaligned_checkpoints(self) -> bool:
        """Whether unaligned checkpoints were forced."""
        return self.get_checkpoint_config().is_force_unaligned_checkpoints()

    def add_jars(self, *jars_path: str) -> None:
        """Accepted for compatibility, without effect: connectors are part of Flott."""
        _ignored("add_jars", jars_path)

    def add_classpaths(self, *classpaths: str) -> None:
        """Accepted for compatibility, without effect: there is no JVM."""
        _ignored("add_classpaths", classpaths)

    def add_python_file(self, file_path: str) -> None:
        """Makes a ``.py`` file, an archive with Python code or a folder importable, at once."""
        from flott.datastream import _python_files

        _python_files.add(self._configuration, "python.files", file_path)
        _python_files.put_on_path(_python_files.import_path(file_path))

    def set_python_requirements(self, requirements_file_path: str, requirements_cache_dir: str | None = None) -> None:
        """Names packages that functions import. When the job starts, pip installs what is missing, for this run alone.

        :param requirements_file_path: a ``requirements.txt``
        :param requirements_cache_dir: a folder to install from, without the network
        """
        cache = f"#{requirements_cache_dir}" if requirements_cache_dir else ""
        self._configuration.set_string("python.requirements", requirements_file_path + cache)

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """Has functions find an archive's files in a folder of the working directory, ``open("data/names.txt")``.

        When the job starts the archive is unpacked elsewhere, and linked there while the program runs. A folder of that
        name that is there already stays as it is.

        :param archive_path: a zip, tar or tar.gz file
        :param target_dir: the folder's name, that of the archive unless given
        """
        from flott.datastream import _python_files

        target = f"#{target_dir}" if target_dir else ""
        _python_files.add(self._configuration, "python.archives", archive_path + target)

    def set_python_executable(self, python_exec: str) -> None:
        """Accepted for compatibility: the program and its functions run in the Python that it was started with.

        They see the name in ``os.environ["python"]``, as in Flink's workers.
        """
        self._configuration.set_string("python.executable", python_exec)

    def _option(self, key: str, deprecated_key: str, default: str) -> str:
        return self._configuration.get_string(key, self._configuration.get_string(deprecated_key, default))


_said: set[str] = set()


def _ignored(call: str, given: Iterable[Any]) -> None:
    if call not in _said:
        _said.add(call)
        import logging

        logging.getLogger("flott").debug("%s(%s) has no effect: Flott has its connectors built in", call, list(given))
