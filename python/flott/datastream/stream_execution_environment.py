"""Where a program begins and where it is run. Mirrors ``pyflink.datastream.stream_execution_environment``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/overview/
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flott._reexports import reexport
from flott.common import _checks as checks
from flott.common.configuration import Configuration
from flott.common.job_id import JobID
from flott.common.typeinfo import TypeInformation, Types
from flott.datastream._columns import columns_type, is_expression
from flott.datastream._environment_settings import NO_WATERMARKS, EnvironmentSettings
from flott.datastream._forgotten import Unrun
from flott.datastream._job import RunningJob, execution_result, silent_windows
from flott.datastream._recovery import backend_options, recovery_options, schedule_options
from flott.datastream._transformation import Input, Transformation, build_graph
from flott.datastream.data_stream import DataStream

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flott._flott import ColumnsType, Graph, Job
    from flott.common.io import InputFormat
    from flott.common.job_client import JobClient
    from flott.common.job_execution_result import JobExecutionResult
    from flott.common.watermark_strategy import WatermarkStrategy
    from flott.datastream._transformation import AddNode
    from flott.datastream.cached_stream import Cache

__all__ = ["StreamExecutionEnvironment"]

reexport(__name__)

_DEFAULT_JOB_NAME = "Flink Streaming Job"


class StreamExecutionEnvironment(EnvironmentSettings):
    """Makes streams and runs them::

        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection([1, 2, 3]).map(lambda x: x * 2).print()
        env.execute("doubles")

    Options come from :meth:`configure`, from the setters here, or from environment variables: ``FLOTT_PROGRESS=1``
    shows progress and a summary on standard error (option ``flott.progress``), ``FLOTT_BATCH_SIZE`` sets how many
    records are handed on at once (``flott.batch-size``, 1024; no result depends on it), ``FLOTT_LOG`` which messages of
    the engine go to standard error (``off``, ``error``, ``warn`` unless set, ``info``, ``debug``). A watermark comes
    behind every thousand records (``flott.watermark-every``), and after ``pipeline.auto-watermark-interval`` where they
    come slower.
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        """Use :meth:`get_execution_environment`."""
        super().__init__(configuration)
        self._transformations: list[Transformation] = []
        self._next_id = 1
        self._caches: list[Cache] = []
        self._unrun = Unrun()
        self._has_run = False
        self._has_windows = False

    @staticmethod
    def get_execution_environment(configuration: Configuration | None = None) -> StreamExecutionEnvironment:
        """An environment that runs programs in this process.

        It begins with what ``flott run -p 2 -D key=value`` gives, and sets the given options over that.

        :param configuration: options such as ``parallelism.default``
        """
        from flott.datastream import _defaults

        settings = Configuration()
        if _defaults.local_parallelism is not None:
            settings.set_integer("parallelism.default", _defaults.local_parallelism)
        for key, value in _defaults.SETTINGS.items():
            settings.set_string(key, value)
        if configuration is not None:
            settings.add_all(configuration)
        return StreamExecutionEnvironment(settings)

    def __repr__(self) -> str:
        return f"StreamExecutionEnvironment(parallelism={self.get_parallelism()})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            from flott.datastream._hints import no_attribute

            raise no_attribute(self, name)

    # --- sources

    def from_collection(self, collection: Collection[Any], type_info: TypeInformation | None = None) -> DataStream:
        """A stream of the given objects, in order.

        :param type_info: what they are; objects that are not raise TypeError here. As in PyFlink, a whole number too
            large for BYTE, SHORT or INT loses its upper bits; a RuntimeWarning says so
        """
        if not hasattr(collection, "__iter__"):
            raise TypeError(f"from_collection() takes a list of records, not {collection!r}")
        items = list(collection)
        if type_info is not None:
            checks.type_information(type_info, "the type_info of from_collection()")
            items = type_info._conform(narrowing=True).values(items, "collection")

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_collection(own.name, items)

        made = self._transformation("Collection Source", add)
        made.parallelism = 1
        return DataStream(self, [Input(made)], type_info, made, non_parallel=True)

    def from_arrow(self, data: Any) -> DataStream:
        """A stream of the rows of a table: a DataFrame of polars or pandas, a Table of pyarrow, or anything else that
        has ``__arrow_c_stream__`` or ``__arrow_c_array__`` (beyond PyFlink). Neither pyarrow nor a copy is needed.

        ::

            env.from_arrow(polars.read_csv("orders.csv")).filter(col("amount") > 0)

        :raises TypeError: if it is no table, or has a column of a type that no stream has; the message names the column
        :raises ValueError: if a value does not fit, such as a time with nanoseconds
        """
        from flott.datastream._arrow import table_of
        from flott.datastream._columns import type_information

        table = table_of(data)

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_arrow(own.name, table)

        made = self._transformation("Arrow Source", add)
        return DataStream(self, [Input(made)], type_information(table.columns), made, columns=table.columns)

    def from_source(
        self,
        source: Any,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """A stream from a source such as ``KafkaSource``, ``FileSource`` or ``NumberSequenceSource``, or from one
        written in Python (``flott.datastream.connectors.python.PythonSource``).

        :param watermark_strategy: how event time advances, in each split of the source by itself; in batch mode there
            is one watermark, at the end
        :param source_name: the operator's name
        """
        add_source, stream_type, columns = self._source(source, type_info)
        if is_expression(watermark_strategy._timestamp_assigner):
            raise TypeError(
                "from_source() takes a TimestampAssigner: an expression for the event time goes to "
                "assign_timestamps_and_watermarks() behind it"
            )

        # with_timestamp_assigner() changes a strategy: what was asked for is what it is now
        watermark_strategy = watermark_strategy._copy()

        def add(graph: Graph, own: Transformation) -> int:
            node = add_source(graph, own)
            spec, assigner, generator = self._watermarks(watermark_strategy, graph)
            if spec != NO_WATERMARKS or assigner is not None:
                graph.set_watermarks(node, spec, assigner, generator)
            return node

        made = self._transformation(source_name, add)
        return DataStream(self, [Input(made)], stream_type, made, columns=columns)

    def _source(
        self, source: Any, type_info: TypeInformation | None
    ) -> tuple[AddNode, TypeInformation | None, ColumnsType | None]:
        """What adds the source to a graph, and the type of its records."""
        from flott.datastream.connectors.python import PythonSource

        if isinstance(source, PythonSource):
            from flott.datastream.connectors._python_source import add_python_source

            parameters = self._job_parameters()
            return lambda graph, own: add_python_source(graph, own.name, source, type_info, parameters), type_info, None
        if not hasattr(source, "_to_spec"):
            raise TypeError(
                f"from_source() takes a source such as KafkaSource, FileSource or a PythonSource, not {source!r}"
                + ("; call build() first" if hasattr(source, "build") else "")
            )
        connector, options, declared = source._to_spec()
        stream_type = type_info or declared
        columns = None if stream_type is None else columns_type(stream_type, "from_source()")
        given = list(options.items())
        return (
            lambda graph, own: graph.add_source(own.name, connector, given, columns, own.place),
            stream_type,
            columns,
        )

    def add_source(
        self, source_func: Any, source_name: str = "Custom Source", type_info: TypeInformation | None = None
    ) -> DataStream:
        """A stream from a source function such as ``FlinkKafkaConsumer``."""
        from flott.common.watermark_strategy import WatermarkStrategy

        return self.from_source(source_func, WatermarkStrategy.no_watermarks(), source_name, type_info)

    def create_input(self, input_format: InputFormat, type_info: TypeInformation | None = None) -> DataStream:
        """Raises NotImplementedError: input formats are Java classes."""
        from flott.common.utils import java_only

        raise java_only("create_input(...)", "use env.from_source(...) with FileSource, or env.read_text_file(...)")

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
            silent = silent_windows(job) if self._has_windows else ""
            job.stop()
            if silent:
                print(silent, file=sys.stderr)
            raise
        return execution_result(job, job_name or _DEFAULT_JOB_NAME)

    def execute_async(self, job_name: str = _DEFAULT_JOB_NAME) -> JobClient:
        """Starts the program and returns at once.

        In a notebook, a job takes the place of one of the same name that still runs, so that a cell can be run again;
        a job without a name of its own does not.
        """
        from flott.common.job_client import JobClient
        from flott.datastream._notebook import in_notebook, remember, stop_earlier

        replaces = job_name != _DEFAULT_JOB_NAME and in_notebook()
        if replaces:
            stop_earlier(job_name)
        job = self._start(job_name)
        if replaces:
            remember(job_name, job)
        return JobClient(RunningJob(job, job_name))

    def get_execution_plan(self) -> str:
        """The operators and their links, as JSON for Flink's plan visualizer.

        Beyond Flink's plan, ``task`` numbers the tasks: operators of one task are chained.
        """
        graph, nodes = build_graph(self._transformations)
        self._unrun.clear()
        plan = graph.plan(self.get_parallelism(), self.is_chaining_enabled())
        descriptions = {nodes[each.id]: each.description for each in self._transformations if each.description}
        if not descriptions:
            return plan
        import json

        described = json.loads(plan)
        for node in described["nodes"]:
            node["contents"] = descriptions.get(node["id"], node["contents"])
        return json.dumps(described)

    def close(self) -> None:
        """Forgets the records of cached streams. Nothing else outlives a job."""
        for cache in self._caches:
            cache.invalidate()

    # --- how it is done

    def _transformation(
        self, name: str, add: Any, inputs: Iterable[tuple[int, Input]] = (), listed: bool = True
    ) -> Transformation:
        """:param listed: False for an operator that runs only where another reads from it"""
        made = Transformation(self._next_transformation_id(), name, add, inputs)
        if listed:
            self._transformations.append(made)
        return made

    def _next_transformation_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

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
        if not self._transformations and self._has_run:
            raise ValueError(
                "No operators defined in streaming topology. Cannot execute. They have run already: execute() runs "
                "what was built since the last time, so call it once, behind the last stream"
            )
        if not self._transformations:
            raise ValueError(
                "No operators defined in streaming topology. Cannot execute. "
                "Add a source and a sink before execute(): env.from_collection([1, 2]).print()"
            )
        from flott.datastream._python_files import prepare

        prepare(self._configuration)
        graph, nodes = build_graph(self._transformations)
        job_id = str(JobID())
        recovery = recovery_options(self.get_checkpoint_config(), self._configuration, job_id)
        job = graph.start({**self._job_config(job_name), **recovery, "job_id": job_id})
        self._transformations.clear()
        self._unrun.clear()
        self._has_run = True
        for cache in self._caches:
            if cache.id in nodes:
                cache.started(job)
        return job

    def _job_config(self, job_name: str | None) -> dict[str, Any]:
        """What the engine is told of the whole job."""
        import os

        options = self._configuration
        return {
            "job_name": job_name or options.get_string("pipeline.name", _DEFAULT_JOB_NAME),
            "parallelism": self.get_parallelism(),
            "max_parallelism": max(options.get_integer("pipeline.max-parallelism", 128), 1),
            "batch_size": self._batch_size(),
            "watermark_every": max(options.get_integer("flott.watermark-every", 1000), 1),
            "watermark_interval_ms": self._config.get_auto_watermark_interval(),
            "chaining": self.is_chaining_enabled(),
            "progress": os.environ.get("FLOTT_PROGRESS", "") not in ("", "0")
            or options.get_boolean("flott.progress", False),
            **schedule_options(self.get_checkpoint_config()),
            **backend_options(options),
        }
