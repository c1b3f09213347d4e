"""How a job is executed: parallelism, watermark interval, restart strategy.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/execution/execution_configuration/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flott._reexports import reexport
from flott.common._settings import SettingsView, whole_number
from flott.common.execution_mode import ExecutionMode
from flott.common.input_dependency_constraint import InputDependencyConstraint

if TYPE_CHECKING:
    from flott.common.configuration import Configuration
    from flott.common.restart_strategy import RestartStrategyConfiguration

__all__ = ["ExecutionConfig"]

reexport(__name__)

_PARAMETERS = "pipeline.global-job-parameters"


class ExecutionConfig(SettingsView):
    """How a job is executed. A view of the environment's :class:`Configuration`: both show the same settings.

    What only concerns Java (closure cleaning, Kryo, Avro, POJOs) is kept and without effect.
    """

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration | None = None) -> None:
        """:param configuration: what to read from and write to; a new one unless given"""
        super().__init__(configuration)
        self._restart_strategy: RestartStrategyConfiguration | None = None
        self._execution_mode = ExecutionMode.PIPELINED
        self._input_dependency_constraint = InputDependencyConstraint.ANY
        self._kryo_serializers: dict[str, str] = {}
        self._default_kryo_serializers: dict[str, str] = {}
        self._kryo_types: list[str] = []
        self._pojo_types: list[str] = []

    def _flag(self, key: str, value: bool) -> ExecutionConfig:
        self._configuration.set_boolean(key, value)
        return self

    def enable_closure_cleaner(self) -> ExecutionConfig:
        """Without effect here."""
        self._configuration.set_string("pipeline.closure-cleaner-level", "RECURSIVE")
        return self

    def disable_closure_cleaner(self) -> ExecutionConfig:
        """Without effect here."""
        self._configuration.set_string("pipeline.closure-cleaner-level", "NONE")
        return self

    def is_closure_cleaner_enabled(self) -> bool:
        """Whether it is on, which it is unless disabled."""
        return self._configuration.get_string("pipeline.closure-cleaner-level", "RECURSIVE").upper() != "NONE"

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Sets how often watermarks are made, where records come slower than a thousand in that time.

        :param interval: milliseconds; 0 makes none but the last, at the end of a bounded input
        :raises ValueError: if it is negative
        """
        if whole_number(interval, "interval") < 0:
            raise ValueError("Auto watermark interval must not be negative.")
        self._set_millis("pipeline.auto-watermark-interval", interval)
        return self

    def get_auto_watermark_interval(self) -> int:
        """How often watermarks are made, in milliseconds; 200 unless set."""
        return self._millis("pipeline.auto-watermark-interval", 200)

    def set_latency_tracking_interval(self, interval: int) -> ExecutionConfig:
        """Sets how often latency is measured.

        :param interval: milliseconds; 0 or less for never
        """
        self._set_millis("metrics.latency.interval", interval)
        return self

    def get_latency_tracking_interval(self) -> int:
        """How often latency is measured, in milliseconds; 0, never, unless set."""
        return self._millis("metrics.latency.interval", 0)

    def get_parallelism(self) -> int:
        """How many subtasks an operator has unless it says otherwise; ``PARALLELISM_DEFAULT`` if not set."""
        return self._configuration.get_integer("parallelism.default", ExecutionConfig.PARALLELISM_DEFAULT)

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        """Sets how many subtasks an operator has unless it says otherwise.

        :raises ValueError: if it is neither at least 1 nor ``PARALLELISM_DEFAULT``
        """
        if whole_number(parallelism, "parallelism") == ExecutionConfig.PARALLELISM_DEFAULT:
            self._configuration.remove_config("parallelism.default")
        elif parallelism != ExecutionConfig.PARALLELISM_UNKNOWN:
            if parallelism < 1:
                raise ValueError(
                    "Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT (use system default), "
                    f"not {parallelism}."
                )
            self._configuration.set_integer("parallelism.default", parallelism)
        return self

    def get_max_parallelism(self) -> int:
        """The number of key groups, or -1 if it was not set."""
        return self._configuration.get_integer("pipeline.max-parallelism", -1)

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        """Sets the number of key groups, the highest parallelism the job can ever be restored at.

        :raises ValueError: if it is not 1 to 32768
        """
        if not 0 < whole_number(max_parallelism, "max_parallelism") <= 1 << 15:
            raise ValueError(
                f"The maximum parallelism must be greater than 0 and at most 32768, not {max_parallelism}."
            )
        self._configuration.set_integer("pipeline.max-parallelism", max_parallelism)
        return self

    def get_task_cancellation_interval(self) -> int:
        """Milliseconds between two attempts to cancel a task; 30,000 unless set."""
        return self._millis("task.cancellation.interval", 30_000)

    def set_task_cancellation_interval(self, interval: int) -> ExecutionConfig:
        """Sets the milliseconds between two attempts to cancel a task."""
        self._set_millis("task.cancellation.interval", interval)
        return self

    def get_task_cancellation_timeout(self) -> int:
        """Milliseconds a task may take to end when cancelled; 180,000 unless set, 0 for no limit."""
        return self._millis("task.cancellation.timeout", 180_000)

    def set_task_cancellation_timeout(self, timeout: int) -> ExecutionConfig:
        """Sets the milliseconds a task may take to end when cancelled; 0 for no limit.

        :raises ValueError: if it is negative
        """
        if whole_number(timeout, "timeout") < 0:
            raise ValueError("Timeout needs to be >= 0.")
        self._set_millis("task.cancellation.timeout", timeout)
        return self

    def set_restart_strategy(self, restart_strategy_configuration: RestartStrategyConfiguration) -> ExecutionConfig:
        """Sets what happens when the job fails; see :class:`flott.common.RestartStrategies`."""
        from flott.common.restart_strategy import RestartStrategyConfiguration

        if not isinstance(restart_strategy_configuration, RestartStrategyConfiguration):
            raise TypeError(
                "a restart strategy comes from RestartStrategies, such as RestartStrategies.no_restart(), "
                f"not {restart_strategy_configuration!r}"
            )
        for key in [key for key in self._configuration.key_set() if key.startswith("restart-strategy")]:
            self._configuration.remove_config(key)
        for key, value in restart_strategy_configuration._to_options().items():
            self._configuration.set_string(key, value)
        self._restart_strategy = restart_strategy_configuration
        return self

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """What happens when the job fails."""
        from flott.common.restart_strategy import RestartStrategies

        options = {k: v for k, v in self._configuration.to_dict().items() if k.startswith("restart-strategy")}
        if self._restart_strategy is not None and self._restart_strategy._to_options() == options:
            return self._restart_strategy
        return RestartStrategies._of_options(options)

    def set_execution_mode(self, execution_mode: ExecutionMode) -> ExecutionConfig:
        """Sets how tasks exchange data; without effect here."""
        self._execution_mode = execution_mode
        return self

    def get_execution_mode(self) -> ExecutionMode:
        """How tasks exchange data."""
        return self._execution_mode

    def set_default_input_dependency_constraint(
        self, input_dependency_constraint: InputDependencyConstraint
    ) -> ExecutionConfig:
        """Without effect, as in Flink since 1.13."""
        self._input_dependency_constraint = input_dependency_constraint
        return self

    def get_default_input_dependency_constraint(self) -> InputDependencyConstraint:
        """What was set, or ``ANY``."""
        return self._input_dependency_constraint

    def enable_force_kryo(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.force-kryo", True)

    def disable_force_kryo(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.force-kryo", False)

    def is_force_kryo_enabled(self) -> bool:
        """What was set, or false."""
        return self._configuration.get_boolean("pipeline.force-kryo", False)

    def enable_generic_types(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.generic-types", True)

    def disable_generic_types(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.generic-types", False)

    def has_generic_types_disabled(self) -> bool:
        """What was set, or false."""
        return not self._configuration.get_boolean("pipeline.generic-types", True)

    def enable_auto_generated_uids(self) -> ExecutionConfig:
        """Lets operators without a ``uid`` get one; the default."""
        return self._flag("pipeline.auto-generate-uids", True)

    def disable_auto_generated_uids(self) -> ExecutionConfig:
        """Makes a job fail that has an operator without a ``uid``."""
        return self._flag("pipeline.auto-generate-uids", False)

    def has_auto_generated_uids_enabled(self) -> bool:
        """What was set, or true."""
        return self._configuration.get_boolean("pipeline.auto-generate-uids", True)

    def enable_force_avro(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.force-avro", True)

    def disable_force_avro(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.force-avro", False)

    def is_force_avro_enabled(self) -> bool:
        """What was set, or false."""
        return self._configuration.get_boolean("pipeline.force-avro", False)

    def enable_object_reuse(self) -> ExecutionConfig:
        """Lets operators hand on objects without a copy; without effect, since they always do here."""
        return self._flag("pipeline.object-reuse", True)

    def disable_object_reuse(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.object-reuse", False)

    def is_object_reuse_enabled(self) -> bool:
        """What was set, or false."""
        return self._configuration.get_boolean("pipeline.object-reuse", False)

    def get_global_job_parameters(self) -> dict[str, str]:
        """The parameters that functions read with ``RuntimeContext.get_job_parameter``."""
        value = self._configuration._values.get(_PARAMETERS)
        if value is None:
            return {}
        return _parse_map(value) if isinstance(value, str) else dict(value)

    def set_global_job_parameters(self, global_job_parameters_dict: dict[str, str]) -> ExecutionConfig:
        """Sets parameters that functions read with ``RuntimeContext.get_job_parameter``."""
        parameters = {str(key): str(value) for key, value in global_job_parameters_dict.items()}
        self._configuration.set_string(_PARAMETERS, _format_map(parameters))
        return self

    def add_default_kryo_serializer(self, type_class_name: str, serializer_class_name: str) -> ExecutionConfig:
        """Without effect here."""
        self._default_kryo_serializers[type_class_name] = serializer_class_name
        return self

    def register_type_with_kryo_serializer(self, type_class_name: str, serializer_class_name: str) -> ExecutionConfig:
        """Without effect here."""
        self._kryo_serializers[type_class_name] = serializer_class_name
        return self

    def register_pojo_type(self, type_class_name: str) -> ExecutionConfig:
        """Without effect here."""
        if type_class_name not in self._pojo_types:
            self._pojo_types.append(type_class_name)
        return self

    def register_kryo_type(self, type_class_name: str) -> ExecutionConfig:
        """Without effect here."""
        if type_class_name not in self._kryo_types:
            self._kryo_types.append(type_class_name)
        return self

    def get_registered_types_with_kryo_serializer_classes(self) -> dict[str, str]:
        """What was registered."""
        return dict(self._kryo_serializers)

    def get_default_kryo_serializer_classes(self) -> dict[str, str]:
        """What was registered."""
        return dict(self._default_kryo_serializers)

    def get_registered_kryo_types(self) -> list[str]:
        """What was registered."""
        return list(self._kryo_types)

    def get_registered_pojo_types(self) -> list[str]:
        """What was registered."""
        return list(self._pojo_types)

    def is_auto_type_registration_disabled(self) -> bool:
        """What was set, or false."""
        return not self._configuration.get_boolean("pipeline.auto-type-registration", True)

    def disable_auto_type_registration(self) -> ExecutionConfig:
        """Without effect here."""
        return self._flag("pipeline.auto-type-registration", False)

    def is_use_snapshot_compression(self) -> bool:
        """Whether checkpoints are compressed; false unless set."""
        return self._configuration.get_boolean("execution.checkpointing.snapshot-compression", False)

    def set_use_snapshot_compression(self, use_snapshot_compression: bool) -> ExecutionConfig:
        """Sets whether checkpoints are compressed."""
        return self._flag("execution.checkpointing.snapshot-compression", use_snapshot_compression)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecutionConfig) and self._state() == other._state()

    def __hash__(self) -> int:
        return hash(self._configuration)

    def _state(self) -> tuple[object, ...]:
        return (
            self._configuration,
            self._execution_mode,
            self._kryo_serializers,
            self._default_kryo_serializers,
            self._kryo_types,
            self._pojo_types,
        )


def _format_map(entries: dict[str, str]) -> str:
    """A map as Flink's configuration writes it: ``key:value,key:value``, in quotes where it must be."""

    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'" if any(char in text for char in ",:'\" ") or not text else text

    return ",".join(f"{quoted(key)}:{quoted(value)}" for key, value in entries.items())


def _parse_map(text: str) -> dict[str, str]:
    from flott.common._yaml import _scalar, _split

    entries = {}
    for item in _split(text, ","):
        parts = _split(item, ":")
        key = cast("str", _scalar(parts[0], typed=False))
        entries[key] = cast("str", _scalar(item.strip()[len(parts[0]) :].strip()[1:].strip(), typed=False))
    return entries
