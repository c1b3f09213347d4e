"""Streams and what can be done with them. Mirrors ``pyflink.datastream.data_stream``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flott.common.typeinfo import TypeInformation, Types
from flott.datastream._calls import factory
from flott.datastream._transformation import Input, Transformation
from flott.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessFunction,
    ReduceFunction,
    as_function,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flott._flott import Graph, Job, Results
    from flott.common.execution_config import ExecutionConfig
    from flott.common.watermark_strategy import WatermarkStrategy
    from flott.datastream.functions.base import Function
    from flott.datastream.output_tag import OutputTag
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["CloseableIterator", "DataStream", "DataStreamSink", "KeyedStream"]

_ANY = Types.PICKLED_BYTE_ARRAY()

S = TypeVar("S", bound="_Configurable")


class _Configurable:
    """The calls that configure the operator a stream or a sink ends in."""

    _transformation: Transformation | None

    def _own(self, call: str) -> Transformation:
        if self._transformation is None:
            raise TypeError(f"{call} belongs behind an operator such as map() or a source, not behind {self!r}")
        return self._transformation

    def name(self: S, name: str) -> S:
        """Names the operator, for messages, metrics and the web UI."""
        self._own("name()").name = name
        return self

    def uid(self: S, uid: str) -> S:
        """Gives the operator an id that stays when the program changes: by it, state finds its operator again.

        :raises ConfigurationError: when the job starts, if two operators share an id
        """
        self._own("uid()").uid = uid
        return self

    def set_uid_hash(self: S, uid_hash: str) -> S:
        """Accepted for compatibility: Flott matches state by :meth:`uid` alone."""
        return self

    def set_parallelism(self: S, parallelism: int) -> S:
        """Runs the operator in that many subtasks.

        :raises ValueError: if it is less than 1, or more than 1 for an operator that has one subtask only
        """
        own = self._own("set_parallelism()")
        if parallelism < 1:
            raise ValueError(f"the parallelism of '{own.name}' is at least 1, not {parallelism}")
        if parallelism != 1 and getattr(self, "_non_parallel", False):
            raise ValueError(f"'{own.name}' runs in one subtask only: its parallelism can't be {parallelism}")
        own.parallelism = parallelism
        return self

    def set_description(self: S, description: str) -> S:
        """Accepted for compatibility: the plan shows the name."""
        return self

    def disable_chaining(self: S) -> S:
        """Runs the operator in a task of its own."""
        self._own("disable_chaining()").chaining = "never"
        return self

    def slot_sharing_group(self: S, slot_sharing_group: Any) -> S:
        """Operators of different groups are not chained."""
        name = getattr(slot_sharing_group, "get_name", lambda: slot_sharing_group)()
        self._own("slot_sharing_group()").slot_sharing_group = name
        return self


class DataStream(_Configurable):
    """A stream of records; made by :class:`StreamExecutionEnvironment` and by the methods below.

    ::

        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection([1, 2, 3]).map(lambda x: x * 2).print()
        env.execute()
    """

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        inputs: Iterable[Input],
        type_info: TypeInformation | None = None,
        transformation: Transformation | None = None,
        non_parallel: bool = False,
    ) -> None:
        """Use the methods of :class:`StreamExecutionEnvironment`."""
        self._env = env
        self._inputs = tuple(inputs)
        self._type = _ANY if type_info is None else type_info
        self._transformation = transformation
        self._non_parallel = non_parallel

    def __repr__(self) -> str:
        names = ", ".join(each.transformation.name for each in self._inputs)
        return f"{type(self).__name__}({names}: {self._type!r})"

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a stream has no values before the job runs: use execute_and_collect() to read them")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _LATER:
                raise NotImplementedError(
                    f"{type(self).__name__}.{name}() is not in this version of Flott yet; "
                    "what is there stands in docs/README.md"
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # --- what the stream is

    def get_name(self) -> str:
        """The name of the operator the stream comes from."""
        return self._own("get_name()").name

    def get_type(self) -> TypeInformation:
        """The type of the records; ``Types.PICKLED_BYTE_ARRAY()`` for any Python object."""
        return self._type

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """The environment the stream belongs to."""
        return self._env

    def get_execution_config(self) -> ExecutionConfig:
        """The configuration of the environment."""
        return self._env.get_config()

    def set_max_parallelism(self, max_parallelism: int) -> DataStream:
        """The number of key groups: the highest parallelism the operator can ever be restored with.

        :raises ValueError: unless it is 1 to 32768
        """
        if not 0 < max_parallelism <= 32768:
            raise ValueError(f"the maximum parallelism is 1 to 32768, not {max_parallelism}")
        self._own("set_max_parallelism()").max_parallelism = max_parallelism
        return self

    def force_non_parallel(self) -> DataStream:
        """Runs the operator in one subtask."""
        self.set_parallelism(1)
        self._non_parallel = True
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> DataStream:
        """Accepted for compatibility: Flott hands a batch on as soon as it is made."""
        return self

    def start_new_chain(self) -> DataStream:
        """Begins a new task with this operator."""
        self._own("start_new_chain()").chaining = "head"
        return self

    # --- operators

    def map(self, func: MapFunction | Callable[[Any], Any], output_type: TypeInformation | None = None) -> DataStream:
        """One record out for each record in.

        :param func: a function of the record, or a :class:`MapFunction`
        :param output_type: the type of the results; any Python object unless given
        """
        return self._operator("Map", "map", as_function(func, MapFunction, "map()"), "map", output_type)

    def flat_map(
        self, func: FlatMapFunction | Callable[[Any], Iterable[Any] | None], output_type: TypeInformation | None = None
    ) -> DataStream:
        """Any number of records out for each record in: ``func`` yields or returns them (None for none)."""
        function = as_function(func, FlatMapFunction, "flat_map()")
        return self._operator("FLAT_MAP", "flat_map", function, "flat_map", output_type)

    def filter(self, func: FilterFunction | Callable[[Any], bool]) -> DataStream:
        """Keeps the records for which ``func`` is true."""
        function = as_function(func, FilterFunction, "filter()")
        return self._operator("Filter", "filter", function, "filter", self._type)

    def process(self, func: ProcessFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Runs ``func.process_element(value, ctx)``, which yields results, and ``tag, value`` to side outputs."""
        function = as_function(func, ProcessFunction, "process()")
        return self._operator("PROCESS", "process", function, "process_element", output_type)

    def project(self, *field_indexes: int) -> DataStream:
        """Keeps the given fields of a stream of tuples or rows, in that order.

        :raises TypeError: if the stream's type has no fields
        """
        types = getattr(self._type, "get_field_types", None)
        if types is None:
            raise TypeError(f"project() needs a stream of type TUPLE or ROW, not {self._type!r}")
        fields = types()
        output_type = Types.TUPLE([fields[index] for index in field_indexes])
        return self.map(lambda value: tuple([value[index] for index in field_indexes]), output_type).name("Projection")

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream:
        """Gives records their event time, and the stream its watermarks."""
        import json

        spec, assigner = json.dumps(watermark_strategy._to_spec()), watermark_strategy._timestamp_assigner
        extract = None if assigner is None else assigner.extract_timestamp

        def add(graph: Graph, own: Transformation) -> tuple[int, int]:
            node = graph.add_timestamps(own.name, spec, extract)
            return node, node

        assigned = self._next("Timestamps/Watermarks", add, self._type)
        assigned._own("assign_timestamps_and_watermarks()").follows_input = True
        return assigned

    def get_side_output(self, output_tag: OutputTag) -> DataStream:
        """The records that the process function before has sent to that tag."""
        own = self._own("get_side_output()")
        return DataStream(self._env, [Input(own, output_tag.tag_id)], output_tag.type_info)

    def union(self, *streams: DataStream) -> DataStream:
        """All records of this stream and the others.

        :raises TypeError: if the types differ
        """
        for stream in streams:
            if stream._type != self._type:
                raise TypeError(f"union() takes streams of one type: {self._type!r} and {stream._type!r} differ")
        inputs = [each for stream in (self, *streams) for each in stream._inputs]
        return DataStream(self._env, inputs, self._type)

    # --- partitioning

    def key_by(
        self, key_selector: KeySelector | Callable[[Any], Any], key_type: TypeInformation | None = None
    ) -> KeyedStream:
        """All records with one key go to one subtask, in order.

        :param key_selector: a function of the record that returns its key
        """
        function = as_function(key_selector, KeySelector, "key_by()")
        keyed = self._operator("Key By", "key_by", function, "get_key", self._type, listed=False)
        own = keyed._own("key_by()")
        own.follows_input = True
        return KeyedStream(self._env, own, self._type, key_type, self)

    def forward(self) -> DataStream:
        """Records stay in the subtask of the same number; the next operator must have the same parallelism."""
        return self._partitioned("forward")

    def rebalance(self) -> DataStream:
        """Records go to all subtasks in turn."""
        return self._partitioned("rebalance")

    def rescale(self) -> DataStream:
        """Records go to some of the subtasks in turn, so that each pair exchanges with few others."""
        return self._partitioned("rescale")

    def shuffle(self) -> DataStream:
        """Records go to random subtasks."""
        return self._partitioned("shuffle")

    def global_(self) -> DataStream:
        """All records go to the first subtask."""
        return self._partitioned("global")

    def broadcast(self, *descriptors: Any) -> DataStream:
        """Each record goes to every subtask.

        :raises NotImplementedError: with state descriptors: broadcast state is not there yet
        """
        if descriptors:
            raise NotImplementedError("broadcast state is not in this version of Flott yet")
        return self._partitioned("broadcast")

    def partition_custom(
        self, partitioner: Partitioner | Callable[[Any, int], int], key_selector: KeySelector | Callable[[Any], Any]
    ) -> DataStream:
        """The subtask of each record is ``partitioner(key, number_of_subtasks)``."""
        partition = as_function(partitioner, Partitioner, "partition_custom()").partition
        get_key = as_function(key_selector, KeySelector, "partition_custom()").get_key
        return self._partitioned("custom", lambda value, count: partition(get_key(value), count))

    # --- ends

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Writes each record on a line of standard output, as Flink shows it.

        With several subtasks a line begins with the subtask, from 1: ``2> +I[a, 1]``.
        """
        render = _render(self._type)

        def add(graph: Graph, own: Transformation) -> tuple[int, int]:
            node = graph.add_print(own.name, render, sink_identifier)
            return node, node

        return self._sink("Print to Std. Out", add)

    def add_sink(self, sink_func: Any) -> DataStreamSink:
        """Writes the stream with a sink function such as ``JdbcSink.sink(...)``."""
        return self._connector_sink(sink_func, "add_sink()")

    def sink_to(self, sink: Any) -> DataStreamSink:
        """Writes the stream with a sink such as ``KafkaSink`` or ``FileSink``."""
        return self._connector_sink(sink, "sink_to()")

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Runs the program and gives the stream's records: an iterator, or a list of at most ``limit``."""
        if limit is not None and limit < 1:
            raise ValueError(f"limit is at least 1, not {limit}")
        collected: list[Results] = []

        def add(graph: Graph, own: Transformation) -> tuple[int, int]:
            node, results = graph.add_collect(own.name)
            collected.append(results)
            return node, node

        self._sink("Collect Stream Sink", add)
        job = self._env._start(job_execution_name or "DataStream Collect")
        iterator = CloseableIterator(job, collected[0])
        if limit is None:
            return iterator
        with iterator:
            return [record for record, _ in zip(iterator, range(limit))]

    # --- how it is done

    def _next(self, name: str, add: Any, type_info: TypeInformation | None, listed: bool = True) -> DataStream:
        made = self._env._transformation(name, add, [(0, each) for each in self._inputs], listed)
        return DataStream(self._env, [Input(made)], type_info, made)

    def _operator(
        self,
        name: str,
        kind: str,
        function: Function,
        method: str,
        type_info: TypeInformation | None,
        listed: bool = True,
    ) -> DataStream:
        make = factory(function, method, self._env._job_parameters())

        def add(graph: Graph, own: Transformation) -> tuple[int, int]:
            node = graph.add_operator(own.name, kind, make)
            return node, node

        return self._next(name, add, type_info, listed)

    def _partitioned(self, partitioning: str, partitioner: Callable[[Any, int], int] | None = None) -> DataStream:
        inputs = [each._replace(partitioning=partitioning, partitioner=partitioner) for each in self._inputs]
        return DataStream(self._env, inputs, self._type)

    def _sink(self, name: str, add: Any) -> DataStreamSink:
        return DataStreamSink(self._env._transformation(name, add, [(0, each) for each in self._inputs]))

    def _connector_sink(self, sink: Any, call: str) -> DataStreamSink:
        if not hasattr(sink, "_to_spec"):
            raise TypeError(
                f"{call} takes a sink such as KafkaSink, FileSink or JdbcSink.sink(...), not {sink!r}; "
                "to run your own code for each record use map() or process()"
            )
        import json

        connector, options, declared = sink._to_spec()
        prepare = None
        if connector == "filesystem" and options.get("format") == "string":
            # SimpleStringEncoder writes toString() of whatever comes
            prepare, declared = (None if self._type == Types.STRING() else _render(self._type)), Types.STRING()
        type_info = self._type if declared is None else declared
        descriptor = json.dumps(type_info._descriptor())
        extra = []
        if getattr(sink, "_topic_selector", None) is not None:
            options["topic.field"] = "topic"
            extra = [("topic", sink._topic_selector)]

        def add(graph: Graph, own: Transformation) -> tuple[int, int]:
            return graph.add_sink(
                own.name, connector, list(options.items()), descriptor, prepare, extra, own.place
            )

        return self._sink(f"{connector} sink", add)


def _render(type_info: TypeInformation) -> Callable[[Any], str]:
    """How records of that type are written as text."""
    return str if type_info == _ANY else type_info._render


#: What PyFlink's streams have and these have not yet.
_LATER = frozenset(
    ("window_all", "connect", "cache", "window", "count_window", "sum", "min", "max", "min_by", "max_by")
)


class KeyedStream(DataStream):
    """A stream in which all records with one key are in one subtask, in order."""

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        keyed: Transformation,
        type_info: TypeInformation,
        key_type: TypeInformation | None,
        origin: DataStream,
    ) -> None:
        """Use :meth:`DataStream.key_by`."""
        super().__init__(env, [Input(keyed, partitioning="hash")], type_info)
        self._key_type = _ANY if key_type is None else key_type
        self._origin = origin

    def reduce(self, func: ReduceFunction | Callable[[Any, Any], Any]) -> DataStream:
        """Combines each record with what its key has so far, and emits the result.

        In batch mode each key emits its last result only.
        """
        from flott.datastream.execution_mode import RuntimeExecutionMode

        function = as_function(func, ReduceFunction, "reduce()")
        make = factory(function, "reduce", self._env._job_parameters())
        mode = self._env._runtime_mode()

        def add(graph: Graph, own: Transformation) -> tuple[int, int]:
            automatic = mode is RuntimeExecutionMode.AUTOMATIC and graph.is_bounded()
            final = mode is RuntimeExecutionMode.BATCH or automatic
            node = graph.add_operator(own.name, "reduce_final" if final else "reduce", make)
            return node, node

        return self._next("Reduce", add, self._type)

    def process(  # type: ignore[override]
        self, func: KeyedProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Runs ``func.process_element(value, ctx)``; ``ctx.get_current_key()`` is the record's key."""
        function = as_function(func, KeyedProcessFunction, "process()")
        return self._operator("KEYED PROCESS", "process", function, "process_element", output_type)

    def key_by(
        self, key_selector: KeySelector | Callable[[Any], Any], key_type: TypeInformation | None = None
    ) -> KeyedStream:
        """Keys the stream anew, by another key."""
        return self._origin.key_by(key_selector, key_type)

    def union(self, *streams: DataStream) -> DataStream:
        """All records of this stream and the others; the result has no keys."""
        return self._origin.union(*[getattr(stream, "_origin", stream) for stream in streams])

    def _partitioned(self, partitioning: str, partitioner: Callable[[Any, int], int] | None = None) -> DataStream:
        raise TypeError(f"a keyed stream is partitioned by its key: call {partitioning}() before key_by()")


class DataStreamSink(_Configurable):
    """The end of a stream."""

    def __init__(self, transformation: Transformation) -> None:
        """Use :meth:`DataStream.sink_to`, :meth:`DataStream.add_sink` or :meth:`DataStream.print`."""
        self._transformation = transformation


class CloseableIterator:
    """The records of ``execute_and_collect()``; closing it stops the job.

    ::

        with stream.execute_and_collect() as results:
            for result in results:
                ...
    """

    def __init__(self, job: Job, results: Results) -> None:
        """Use :meth:`DataStream.execute_and_collect`."""
        self._job = job
        self._results = results
        self._closed = False

    def __iter__(self) -> CloseableIterator:
        return self

    def __next__(self) -> Any:
        record = None if self._closed else self._results.next(self._job)
        if record is None:
            raise StopIteration
        return record[0]

    def next(self) -> Any:
        """The next record.

        :raises StopIteration: when the job has finished and every record was read, and once it is closed
        """
        return self.__next__()

    def __enter__(self) -> CloseableIterator:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        self.close()

    def close(self) -> None:
        """Stops the job if it still runs."""
        self._closed = True
        self._results.close()
        self._job.cancel()
        self._job.wait(None)
