"""Where a program begins and where it is run. Mirrors ``pyflink.datastream.stream_execution_environment``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/overview/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.configuration import Configuration
from flott.common.execution_config import ExecutionConfig
from flott.common.typeinfo import TypeInformation, Types
from flott.datastream._columns import columns_type
from flott.datastream._job import RunningJob, execution_result
from flott.datastream._transformation import Input, Transformation, build_graph
from flott.datastream.data_stream import DataStream
from flott.datastream.execution_mode import RuntimeExecutionMode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flott._flott import Graph, Job
    from flott.common.job_client import JobClient
    from flott.common.job_execution_result import JobExecutionResult
    from flott.common.restart_strategy import RestartStrategyConfiguration
    from flott.common.watermark_strategy import WatermarkStrategy
    from flott.datastream.checkpoint_config import CheckpointConfig
    from flott.datastream.checkpointing_mode import CheckpointingMode

__all__ = ["StreamExecutionEnvironment"]

_DEFAULT_JOB_NAME = "Flink Streaming Job"


class StreamExecutionEnvironment:
    """Makes streams and runs them::

        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection([1, 2, 3]).map(lambda x: x * 2).print()
        env.execute("doubles")

    Options come from :meth:`configure`, from the setters here, or from environment variables: ``FLOTT_PROGRESS=1``
    shows progress and a summary on standard error (option ``flott.progress``), ``FLOTT_BATCH_SIZE`` sets how many
    records are handed on at once (``flott.batch-size``, 1024), ``FLOTT_LOG`` which messages of the engine go to
    standard error (``off``, ``error``, ``warn`` unless set, ``info``, ``debug``).
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        """Use :meth:`get_execution_environment`."""
        self._configuration = Configuration() if configuration is None else configuration
        self._config = ExecutionConfig(self._configuration)
        self._transformations: list[Transformation] = []
        self._next_id = 1

    @staticmethod
    def get_execution_environment(configuration: Configuration | None = None) -> StreamExecutionEnvironment:
        """An environment that runs programs in this process.

        It begins with what ``flott run -p 2 -D key=value`` gives, and sets the given options over that.

        :param configuration: options such as ``parallelism.default``
        """
        from flott.datastream._defaults import SETTINGS

        settings = Configuration()
        for key, value in SETTINGS.items():
            settings.set_string(key, value)
        if configuration is not None:
            settings.add_all(configuration)
        return StreamExecutionEnvironment(settings)

    def __repr__(self) -> str:
        return f"StreamExecutionEnvironment(parallelism={self.get_parallelism()})"

    # --- configuration

    def get_config(self) -> ExecutionConfig:
        """The configuration of the jobs."""
        return self._config

    def configure(self, configuration: Configuration) -> None:
        """Sets the given options, over those that are set."""
        self._configuration.add_all(configuration)

    def set_parallelism(self, parallelism: int) -> StreamExecutionEnvironment:
        """The number of subtasks of each operator that doesn't set its own.

        :raises ValueError: if it is less than 1
        """
        if parallelism < 1:
            raise ValueError(f"the parallelism is at least 1, not {parallelism}")
        self._configuration.set_integer("parallelism.default", parallelism)
        return self

    def get_parallelism(self) -> int:
        """The number of subtasks of each operator that doesn't set its own, 1 unless it was set."""
        return self._configuration.get_integer("parallelism.default", 1)

    def set_max_parallelism(self, max_parallelism: int) -> StreamExecutionEnvironment:
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

    def set_buffer_timeout(self, timeout_millis: int) -> StreamExecutionEnvironment:
        """Accepted for compatibility: Flott hands a batch on as soon as it is made."""
        self._configuration.set_integer("execution.buffer-timeout.interval", timeout_millis)
        return self

    def get_buffer_timeout(self) -> int:
        """The time that was set, in milliseconds; 100, Flink's default, otherwise."""
        return self._configuration.get_integer("execution.buffer-timeout.interval", 100)

    def disable_operator_chaining(self) -> StreamExecutionEnvironment:
        """Runs each operator in a task of its own."""
        self._configuration.set_boolean("pipeline.operator-chaining.enabled", False)
        return self

    def is_chaining_enabled(self) -> bool:
        """Whether operators may share a task."""
        return self._configuration.get_boolean("pipeline.operator-chaining.enabled", True)

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        """Always True: only the parallelism decides about chaining."""
        return True

    def set_restart_strategy(self, restart_strategy_configuration: RestartStrategyConfiguration) -> None:
        """What happens when the job fails. This version of Flott keeps the setting but does not restart a job yet."""
        self._config.set_restart_strategy(restart_strategy_configuration)

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """The strategy that was set."""
        return self._config.get_restart_strategy()

    # --- checkpoints: barriers flow and sources commit behind them; state is not snapshotted in this version yet

    def get_checkpoint_config(self) -> CheckpointConfig:
        """The configuration of checkpoints."""
        from flott.datastream.checkpoint_config import CheckpointConfig

        return CheckpointConfig(self._configuration)

    def enable_checkpointing(self, interval: int, mode: CheckpointingMode | None = None) -> StreamExecutionEnvironment:
        """How often, in milliseconds, sinks make safe what they have and sources commit that they are so far.

        Without it that happens once a second. State is not kept across runs in this version yet.
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

    # --- sources

    def from_collection(self, collection: Collection[Any], type_info: TypeInformation | None = None) -> DataStream:
        """A stream of the given objects, in order.

        :param type_info: what they are; objects that are not raise TypeError here
        """
        items = list(collection)
        if type_info is not None:
            items = [type_info._convert(item, f"collection[{index}]") for index, item in enumerate(items)]

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_collection(own.name, items)

        made = self._transformation("Collection Source", add)
        made.parallelism = 1
        return DataStream(self, [Input(made)], type_info, made, non_parallel=True)

    def from_source(
        self,
        source: Any,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """A stream from a source such as ``KafkaSource``, ``FileSource`` or ``NumberSequenceSource``.

        :param watermark_strategy: how event time advances, in each split of the source by itself
        :param source_name: the operator's name
        """
        import json

        if not hasattr(source, "_to_spec"):
            raise TypeError(f"from_source() takes a source such as KafkaSource or FileSource, not {source!r}")
        connector, options, declared = source._to_spec()
        stream_type = type_info or declared
        columns = None if stream_type is None else columns_type(stream_type, "from_source()")
        assigner = watermark_strategy._timestamp_assigner
        extract = None if assigner is None else assigner.extract_timestamp
        strategy = json.dumps(watermark_strategy._to_spec())

        def add(graph: Graph, own: Transformation) -> int:
            node = graph.add_source(own.name, connector, list(options.items()), columns, own.place)
            if watermark_strategy._kind != "none" or extract is not None:
                graph.set_watermarks(node, strategy, extract)
            return node

        made = self._transformation(source_name, add)
        return DataStream(self, [Input(made)], stream_type, made, columns=columns)

    def add_source(
        self, source_func: Any, source_name: str = "Custom Source", type_info: TypeInformation | None = None
    ) -> DataStream:
        """A stream from a source function such as ``FlinkKafkaConsumer``."""
        from flott.common.watermark_strategy import WatermarkStrategy

        return self.from_source(source_func, WatermarkStrategy.no_watermarks(), source_name, type_info)

    def read_text_file(self, file_path: str, charset_name: str = "UTF-8") -> DataStream:
        """A stream of the lines of a file, or of all files of a folder."""
        from flott.common.watermark_strategy import WatermarkStrategy
        from flott.datastream.connectors.file_system import FileSource, StreamFormat

        source = FileSource.for_record_stream_format(StreamFormat.text_line_format(charset_name), file_path).build()
        return self.from_source(source, WatermarkStrategy.no_watermarks(), "Custom File Source", Types.STRING())

    # --- running

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Runs the program and waits for its end.

        Ctrl-C stops the job and raises KeyboardInterrupt. An exception of your own function is raised as itself,
        with a note that names the operator, the line that made it and the record.

        :raises FlottError: what else made the job fail
        """
        job = self._start(job_name)
        try:
            job.result()
        except KeyboardInterrupt:
            job.stop()
            raise
        return execution_result(job, job_name or _DEFAULT_JOB_NAME)

    def execute_async(self, job_name: str = _DEFAULT_JOB_NAME) -> JobClient:
        """Starts the program and returns at once."""
        from flott.common.job_client import JobClient

        return JobClient(RunningJob(self._start(job_name), job_name))

    def get_execution_plan(self) -> str:
        """The operators and their links, as JSON for Flink's plan visualizer.

        Beyond Flink's plan, ``task`` numbers the tasks: operators of one task are chained.
        """
        graph, _ = build_graph(self._transformations)
        return graph.plan(self.get_parallelism(), self.is_chaining_enabled())

    def close(self) -> None:
        """Accepted for compatibility, without effect: nothing outlives a job."""

    # --- how it is done

    def _transformation(
        self, name: str, add: Any, inputs: Iterable[tuple[int, Input]] = (), listed: bool = True
    ) -> Transformation:
        """:param listed: False for an operator that runs only where another reads from it"""
        made = Transformation(self._next_id, name, add, inputs)
        self._next_id += 1
        if listed:
            self._transformations.append(made)
        return made

    def _job_parameters(self) -> dict[str, str]:
        return self._config.get_global_job_parameters()

    def _batch_size(self) -> int:
        import os

        name, given = "FLOTT_BATCH_SIZE", os.environ.get("FLOTT_BATCH_SIZE", "")
        if not given:
            name, given = "flott.batch-size", self._configuration.get_string("flott.batch-size", "1024")
        if not given.isdecimal() or int(given) < 1:
            raise ValueError(f"{name} is the number of records handed on at once, at least 1, not {given!r}")
        return int(given)

    def _start(self, job_name: str | None) -> Job:
        import os

        if not self._transformations:
            raise ValueError(
                "No operators defined in streaming topology. Cannot execute. "
                "Add a source and a sink before execute(): env.from_collection([1, 2]).print()"
            )
        from flott.datastream._python_files import prepare

        options = self._configuration
        prepare(options)
        graph, _ = build_graph(self._transformations)
        interval = self.get_checkpoint_interval()
        job = graph.start(
            {
                "job_name": job_name or options.get_string("pipeline.name", _DEFAULT_JOB_NAME),
                "parallelism": self.get_parallelism(),
                "max_parallelism": max(options.get_integer("pipeline.max-parallelism", 128), 1),
                "batch_size": self._batch_size(),
                "chaining": self.is_chaining_enabled(),
                "progress": os.environ.get("FLOTT_PROGRESS", "") not in ("", "0")
                or options.get_boolean("flott.progress", False),
                "checkpoint_interval_ms": interval if interval > 0 else None,
            }
        )
        self._transformations.clear()
        return job


_said: set[str] = set()


def _ignored(call: str, given: Iterable[Any]) -> None:
    if call not in _said:
        _said.add(call)
        import logging

        logging.getLogger("flott").debug("%s(%s) has no effect: Flott has its connectors built in", call, list(given))
