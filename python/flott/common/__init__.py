"""What all of Flott's APIs share: types, rows, configuration, time, watermarks. Mirrors ``pyflink.common``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/api/python/reference/pyflink.common/index.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott._lazy import lazy_exports
from flott._reexports import reexport

if TYPE_CHECKING:
    from flott.common.completable_future import CompletableFuture
    from flott.common.config_options import ConfigOption, ConfigOptions
    from flott.common.configuration import Configuration
    from flott.common.execution_config import ExecutionConfig
    from flott.common.execution_mode import ExecutionMode
    from flott.common.input_dependency_constraint import InputDependencyConstraint
    from flott.common.job_client import JobClient
    from flott.common.job_execution_result import JobExecutionResult
    from flott.common.job_id import JobID
    from flott.common.job_status import JobStatus
    from flott.common.restart_strategy import RestartStrategies, RestartStrategyConfiguration
    from flott.common.serialization import DeserializationSchema, Encoder, SerializationSchema, SimpleStringSchema
    from flott.common.serializer import TypeSerializer
    from flott.common.time import Duration, Instant, Time
    from flott.common.typeinfo import TypeInformation, Types
    from flott.common.types import Row, RowKind
    from flott.common.watermark_strategy import AssignerWithPeriodicWatermarksWrapper, WatermarkStrategy

__all__ = [
    "AssignerWithPeriodicWatermarksWrapper",
    "CompletableFuture",
    "ConfigOption",
    "ConfigOptions",
    "Configuration",
    "DeserializationSchema",
    "Duration",
    "Encoder",
    "ExecutionConfig",
    "ExecutionMode",
    "InputDependencyConstraint",
    "Instant",
    "JobClient",
    "JobExecutionResult",
    "JobID",
    "JobStatus",
    "RestartStrategies",
    "RestartStrategyConfiguration",
    "Row",
    "RowKind",
    "SerializationSchema",
    "SimpleStringSchema",
    "Time",
    "TypeInformation",
    "TypeSerializer",
    "Types",
    "WatermarkStrategy",
]

reexport(__name__)

_EXPORTS = {
    "AssignerWithPeriodicWatermarksWrapper": "watermark_strategy",
    "CompletableFuture": "completable_future",
    "ConfigOption": "config_options",
    "ConfigOptions": "config_options",
    "Configuration": "configuration",
    "DeserializationSchema": "serialization",
    "Duration": "time",
    "Encoder": "serialization",
    "ExecutionConfig": "execution_config",
    "ExecutionMode": "execution_mode",
    "InputDependencyConstraint": "input_dependency_constraint",
    "Instant": "time",
    "JobClient": "job_client",
    "JobExecutionResult": "job_execution_result",
    "JobID": "job_id",
    "JobStatus": "job_status",
    "RestartStrategies": "restart_strategy",
    "RestartStrategyConfiguration": "restart_strategy",
    "Row": "types",
    "RowKind": "types",
    "SerializationSchema": "serialization",
    "SimpleStringSchema": "serialization",
    "Time": "time",
    "TypeInformation": "typeinfo",
    "TypeSerializer": "serializer",
    "Types": "typeinfo",
    "WatermarkStrategy": "watermark_strategy",
}

__getattr__ = lazy_exports(__name__, globals(), _EXPORTS)


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
