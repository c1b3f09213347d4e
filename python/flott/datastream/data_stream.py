"""Streams and what can be done with them. Mirrors ``pyflink.datastream.data_stream``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast, overload

from flott._reexports import reexport
from flott.common.typeinfo import RowTypeInfo, TypeInformation, Types
from flott.datastream._calls import operator_node
from flott.datastream._collected import CloseableIterator
from flott.datastream._columns import columns_type, condition_json, is_expression, list_json, type_information
from flott.datastream._configurable import Configurable, DataStreamSink
from flott.datastream._transformation import Input, Transformation
from flott.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessFunction,
    as_function,
)
from flott.datastream.functions._results import check_returns
from flott.datastream.functions.wrapper import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flott._flott import ArrowCollect, ColumnsType, Graph, NativeOperator, Results
    from flott.common.execution_config import ExecutionConfig
    from flott.common.serialization import DeserializationSchema, SerializationSchema
    from flott.common.types import Row
    from flott.common.watermark_strategy import WatermarkStrategy
    from flott.datastream._arrow import ArrowResult
    from flott.datastream.cached_stream import CachedDataStream
    from flott.datastream.connected_streams import BroadcastConnectedStream, BroadcastStream, ConnectedStreams
    from flott.datastream.functions.base import Function
    from flott.datastream.joined_streams import CoGroupedStreams, JoinedStreams
    from flott.datastream.keyed_stream import KeyedStream
    from flott.datastream.output_tag import OutputTag
    from flott.datastream.state import MapStateDescriptor
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flott.datastream.window import WindowAssigner
    from flott.datastream.windowed_streams import AllWindowedStream, WindowedStream
    from flott.table.expression import Expression

__all__ = [
    "AllWindowedStream",
    "BroadcastConnectedStream",
    "BroadcastStream",
    "CachedDataStream",
    "CloseableIterator",
    "ConnectedStreams",
    "DataStream",
    "DataStreamSink",
    "KeyedStream",
    "WindowedStream",
]

_ANY = Types.PICKLED_BYTE_ARRAY()

reexport(__name__)


class DataStream(Configurable):
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
        columns: ColumnsType | None = None,
    ) -> None:
        """Use the methods of :class:`StreamExecutionEnvironment`.

        :param columns: the exact type of records that come as columns; None where they are Python objects
        """
        self._env = env
        self._inputs = tuple(inputs)
        self._type = _ANY if type_info is None else type_info
        self._transformation = transformation
        self._non_parallel = non_parallel
        self._columns = columns
        #: The columns of the side output of an operator on columns.
        self._rejected: ColumnsType | None = None

    def __repr__(self) -> str:
        names = ", ".join(each.transformation.name for each in self._inputs)
        return f"{type(self).__name__}({names}: {self._type!r})"

    def __str__(self) -> str:
        return f"{self!r}, which has no records before its job runs: .print() and env.execute() show them"

    def _repr_html_(self) -> str:
        from flott.datastream._stream_html import stream_html

        return stream_html(self)

    def _has_no_values(self, *_: object) -> NoReturn:
        raise TypeError("a stream has no values before the job runs: use execute_and_collect() to read them")

    __iter__ = __len__ = __getitem__ = _has_no_values

    def __bool__(self) -> bool:
        return True

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            from flott.datastream._hints import no_attribute

            raise no_attribute(self, name)

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
        function = as_function(func, MapFunction, "map()")
        if output_type is not None:
            check_returns(function.map, f"map(): {describe(func)}", f"but {output_type!r} is declared")
        return self._operator("Map", "map", function, ["map"], output_type)

    def flat_map(
        self, func: FlatMapFunction | Callable[[Any], Iterable[Any] | None], output_type: TypeInformation | None = None
    ) -> DataStream:
        """Any number of records out for each record in: ``func`` yields or returns them (None for none)."""
        function = as_function(func, FlatMapFunction, "flat_map()")
        return self._operator("FlatMap", "flat_map", function, ["flat_map"], output_type)

    def filter(
        self, func: FilterFunction | Callable[[Any], bool] | Expression, rejected: OutputTag | None = None
    ) -> DataStream:
        """Keeps the records for which ``func`` is true.

        :param func: a function of the record, a :class:`FilterFunction`, or (beyond PyFlink) an expression such as
            ``col("amount") > 0``, which runs on columns without Python; null counts as false
        :param rejected: with an expression, the side output of the records that are not kept
        """
        if is_expression(func):
            condition, tag = condition_json(cast("Expression", func)), None if rejected is None else rejected.tag_id
            return self._native("Filter", "filter(expression)", lambda of: _operators().filter(of, condition, tag))
        if rejected is not None:
            raise TypeError(
                "filter(rejected=...) goes with an expression; in Python use process() and yield tag, value"
            )
        function = as_function(func, FilterFunction, "filter()")
        return self._operator("Filter", "filter", function, ["filter"], self._type)

    def select(self, *expressions: Expression | str) -> DataStream:
        """The results of expressions over each record, as a stream of rows (beyond PyFlink's DataStream).

        Runs on columns without Python: ``select("id", (col("price") * col("quantity")).alias("amount"))``.

        :param expressions: names of fields, or expressions of ``flott.table.expressions``
        :raises ConfigurationError: if a field does not exist or the types don't fit
        """
        if not expressions:
            raise TypeError("select() takes at least one field or expression")
        trees = list_json(expressions)
        return self._native("Select", "select()", lambda of: _operators().select(of, trees))

    def explode(self, column: str, outer: bool = False) -> DataStream:
        """One record for each element of a list field (beyond PyFlink's DataStream); runs on columns without Python.

        The other fields stay; an element's own fields, if it is a row, stand behind them.

        :param outer: keep a record whose list is empty or null, with nulls for the element
        """
        return self._native("Explode", "explode()", lambda of: _operators().explode(of, column, outer))

    def deserialize(self, schema: DeserializationSchema, rejected: OutputTag | None = None) -> DataStream:
        """Reads each record, a text or bytes, with a schema such as ``JsonRowDeserializationSchema``
        (beyond PyFlink, where only a source does so); runs without Python.

        :param rejected: the side output of the payloads that can't be read, unchanged; without it one fails the job
        """
        format, options, type_info = schema._deserialization_spec()
        output = columns_type(self._type if type_info is None else type_info, "deserialize()")
        given, tag = list(options.items()), None if rejected is None else rejected.tag_id
        return self._native(
            "Deserialize",
            "deserialize()",
            lambda of: _operators().deserialize(of, format, given, output, tag),
        )

    def serialize(self, schema: SerializationSchema) -> DataStream:
        """Writes each record as a text with a schema such as ``JsonRowSerializationSchema``; runs without Python.

        Beyond PyFlink, where only a sink does so.
        """
        format, options, _ = schema._serialization_spec()
        given = list(options.items())
        return self._native("Serialize", "serialize()", lambda of: _operators().serialize(of, format, given))

    def process(self, func: ProcessFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Runs ``func.process_element(value, ctx)``, which yields results, and ``tag, value`` to side outputs."""
        function = as_function(func, ProcessFunction, "process()")
        return self._operator("PROCESS", "process", function, ["process_element"], output_type)

    def project(self, *field_indexes: int) -> DataStream:
        """Keeps the given fields of a stream of tuples or rows, in that order.

        :raises TypeError: if the stream's type has no fields
        :raises ValueError: if there is no field of that index
        """
        types = getattr(self._type, "get_field_types", None)
        if types is None:
            raise TypeError(f"project() needs a stream of type TUPLE or ROW, not {self._type!r}")
        fields = types()
        for index in field_indexes:
            if not isinstance(index, int) or not 0 <= index < len(fields):
                raise ValueError(f"project(): there is no field {index!r}; {self._type!r} has 0 to {len(fields) - 1}")
        output_type = Types.TUPLE([fields[index] for index in field_indexes])
        return self.map(lambda value: tuple([value[index] for index in field_indexes]), output_type).name("Projection")

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream:
        """Gives records their event time, and the stream its watermarks.

        In batch mode there is one watermark, at the end of the input, whatever the strategy.
        """
        if not hasattr(watermark_strategy, "_to_spec"):
            raise TypeError(
                f"assign_timestamps_and_watermarks() takes a WatermarkStrategy, not {watermark_strategy!r}: "
                "for example WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(...)"
            )
        # with_timestamp_assigner() changes a strategy: what was asked for is what it is now
        watermark_strategy = watermark_strategy._copy()
        if watermark_strategy._alignment is not None:
            import logging

            logging.getLogger("flott").warning(
                "with_watermark_alignment() has no effect in assign_timestamps_and_watermarks(), as in Flink: "
                "give the strategy to from_source()"
            )
        stream: DataStream = self
        if is_expression(watermark_strategy._timestamp_assigner):
            time = condition_json(watermark_strategy._timestamp_assigner)
            stream = self._native("Timestamps", "a timestamp assigner", lambda of: _operators().event_time(of, time))
            stream._own("assign_timestamps_and_watermarks()").follows_input = True

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_timestamps(own.name, *self._env._watermarks(watermark_strategy, graph))

        assigned = stream._next("Timestamps/Watermarks", add, self._type, columns=stream._columns)
        assigned._own("assign_timestamps_and_watermarks()").follows_input = True
        return assigned

    def get_side_output(self, output_tag: OutputTag) -> DataStream:
        """The records that the process function before has sent to that tag."""
        own = self._own("get_side_output()")
        if not hasattr(output_tag, "tag_id"):
            raise TypeError(
                f"get_side_output() takes the OutputTag that the function yields, not {output_tag!r}: "
                "make one, OutputTag('rejected', Types.STRING()), and yield tag, value"
            )
        own.sides[output_tag.tag_id] = output_tag.type_info
        return DataStream(self._env, [Input(own, output_tag.tag_id)], output_tag.type_info, columns=self._rejected)

    def union(self, *streams: DataStream) -> DataStream:
        """All records of this stream and the others.

        :raises TypeError: if the types differ
        :raises ValueError: if the streams are of two environments
        """
        for stream in streams:
            if not isinstance(stream, DataStream):
                raise TypeError(f"union() takes streams, one by one, not {stream!r}")
            if stream._env is not self._env:
                raise ValueError("union() takes streams of one StreamExecutionEnvironment, and these come from two")
            if stream._type != self._type:
                raise TypeError(f"union() takes streams of one type: {self._type!r} and {stream._type!r} differ")
        inputs = [each for stream in (self, *streams) for each in stream._inputs]
        same = all(stream._columns == self._columns for stream in streams)
        return DataStream(self._env, inputs, self._type, columns=self._columns if same else None)

    def cache(self) -> CachedDataStream:
        """Keeps the records of the stream when a job makes them, for later jobs of the environment."""
        from flott.datastream.cached_stream import CachedDataStream

        return CachedDataStream(self._env, self)

    def window_all(self, window_assigner: WindowAssigner[Any, Any]) -> AllWindowedStream:
        """Cuts the stream into windows, all in one subtask; :meth:`KeyedStream.window` does it in parallel."""
        from flott.datastream.windowed_streams import AllWindowedStream

        return AllWindowedStream(self, window_assigner)

    # --- partitioning

    def key_by(
        self,
        key_selector: KeySelector | Callable[[Any], Any] | Expression | str,
        key_type: TypeInformation | None = None,
    ) -> KeyedStream:
        """All records with one key go to one subtask, in order.

        :param key_selector: a function of the record that returns its key, or (beyond PyFlink) a field's name or an
            expression, which run on columns without Python
        """
        from flott.datastream.keyed_stream import KeyedStream

        if isinstance(key_selector, str) or is_expression(key_selector):
            tree = list_json([cast("Expression", key_selector)])
            keyed = self._native("Key By", "key_by(expression)", lambda of: _operators().key_by(of, tree), listed=False)
        else:
            tree = None
            function = as_function(key_selector, KeySelector, "key_by()")
            keyed = self._operator("Key By", "key_by", function, ["get_key"], self._type, False, key_type or _ANY)
        own = keyed._own("key_by()")
        own.follows_input = True
        return KeyedStream(self._env, own, self._type, key_type, self, keyed._columns, tree)

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

    @overload
    def broadcast(self) -> DataStream: ...

    @overload
    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> BroadcastStream: ...

    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor | None = None,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> DataStream | BroadcastStream:
        """Each record goes to every subtask.

        :param broadcast_state_descriptor: with descriptors the stream can be connected with another, whose
            function keeps what it gets by this one in broadcast state
        """
        if broadcast_state_descriptor is None:
            return self._partitioned("broadcast")
        from flott.datastream.connected_streams import BroadcastStream

        return BroadcastStream(self, [broadcast_state_descriptor, *other_broadcast_state_descriptors])

    @overload
    def connect(self, ds: DataStream) -> ConnectedStreams: ...

    @overload
    def connect(self, ds: BroadcastStream) -> BroadcastConnectedStream: ...

    def connect(self, ds: DataStream | BroadcastStream) -> ConnectedStreams | BroadcastConnectedStream:
        """This stream and another one, of any type, as the two inputs of one operator."""
        from flott.datastream.connected_streams import BroadcastConnectedStream, BroadcastStream, ConnectedStreams

        if isinstance(ds, BroadcastStream):
            return BroadcastConnectedStream(self, ds, ds.broadcast_state_descriptors)
        if not isinstance(ds, DataStream):
            raise TypeError(f"connect() takes a stream or what broadcast(descriptor) returns, not {ds!r}")
        return ConnectedStreams(self, ds)

    def join(self, other_stream: DataStream) -> JoinedStreams:
        """Pairs records of one key in one window (beyond PyFlink, as in Flink's Java): then ``where(...)``."""
        from flott.datastream.joined_streams import JoinedStreams

        return JoinedStreams(self, other_stream)

    def co_group(self, other_stream: DataStream) -> CoGroupedStreams:
        """Groups records of one key in one window (beyond PyFlink, as in Flink's Java): then ``where(...)``."""
        from flott.datastream.joined_streams import CoGroupedStreams

        return CoGroupedStreams(self, other_stream)

    def partition_custom(
        self, partitioner: Partitioner | Callable[[Any, int], int], key_selector: KeySelector | Callable[[Any], Any]
    ) -> DataStream:
        """The subtask of each record is ``partitioner(key, number_of_subtasks)``."""
        partition = as_function(partitioner, Partitioner, "partition_custom()").partition
        get_key = as_function(key_selector, KeySelector, "partition_custom()").get_key
        return self._partitioned("custom", lambda value, count: partition(get_key(value), count))

    # --- ends

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Writes each record on a line of standard output, as PyFlink shows it.

        With several subtasks a line begins with the subtask, from 1: ``2> +I[a,1]``.
        """
        render = _row_line if isinstance(self._type, RowTypeInfo) else _render(self._type)

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_print(own.name, render, sink_identifier)

        return self._sink("Print to Std. Out", add)

    def add_sink(self, sink_func: Any) -> DataStreamSink:
        """Writes the stream with a sink function such as ``JdbcSink.sink(...)``."""
        return self._connector_sink(sink_func, "add_sink()")

    def sink_to(self, sink: Any) -> DataStreamSink:
        """Writes the stream with a sink such as ``KafkaSink`` or ``FileSink``, or one written in Python
        (``flott.datastream.connectors.python.PythonSink``)."""
        return self._connector_sink(sink, "sink_to()")

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Runs the program and gives the stream's records: an iterator, or a list of at most ``limit``."""
        if limit is not None and limit < 1:
            raise ValueError(f"limit is at least 1, not {limit}")
        collected: list[Results] = []

        def add(graph: Graph, own: Transformation) -> int:
            node, results = graph.add_collect(own.name)
            collected.append(results)
            return node

        # one subtask, as in Flink: what comes from one subtask is read in its order
        self._sink("Collect Stream Sink", add).set_parallelism(1)
        job = self._env._start(job_execution_name or "DataStream Collect")
        iterator = CloseableIterator(job, collected[0])
        if limit is None:
            return iterator
        with iterator:
            return [record for record, _ in zip(iterator, range(limit))]

    def execute_and_collect_arrow(self, job_execution_name: str | None = None) -> ArrowResult:
        """Runs the program and gives the stream's records in columns, for pandas, polars, pyarrow (beyond PyFlink).

        ::

            polars.DataFrame(stream.execute_and_collect_arrow())

        :raises TypeError: if the stream has no type, so that its columns are not known
        :raises DataError: if a record is an update or a deletion
        """
        from flott.datastream._arrow import ArrowResult

        stream, columns = self, self._columns
        if columns is None:
            stream, columns = self._to_columns(columns_type(self._type, "execute_and_collect_arrow()"))
        collected: list[ArrowCollect] = []

        def add(graph: Graph, own: Transformation) -> int:
            node, results = graph.add_collect_arrow(own.name, columns)
            collected.append(results)
            return node

        stream._sink("Collect Stream Sink", add).set_parallelism(1)
        job = self._env._start(job_execution_name or "DataStream Collect")
        try:
            job.result()
        except KeyboardInterrupt:
            job.stop()
            raise
        return ArrowResult(collected[0].table())

    # --- how it is done

    def _next(
        self,
        name: str,
        add: Any,
        type_info: TypeInformation | None,
        listed: bool = True,
        columns: ColumnsType | None = None,
    ) -> DataStream:
        made = self._env._transformation(name, add, [(0, each) for each in self._inputs], listed)
        return DataStream(self._env, [Input(made)], type_info, made, columns=columns)

    def _native(
        self, name: str, call: str, make: Callable[[ColumnsType], NativeOperator], listed: bool = True
    ) -> DataStream:
        """An operator on columns, which ``make`` builds for their type; records are converted to columns first."""
        stream, columns = self, self._columns
        if columns is None:
            stream, columns = self._to_columns(columns_type(self._type, call))
        operator = make(columns)
        type_info = self._type if operator.output == columns else type_information(operator.output)

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_native(own.name, operator)

        made = stream._next(name, add, type_info, listed, operator.output)
        made._rejected = operator.rejected
        return made

    def _kind(self, kind: str, function: Function) -> str:
        """The engine's name of an operator that is called ``kind`` here."""
        return kind

    def _operator(
        self,
        name: str,
        kind: str,
        function: Function,
        methods: Sequence[str],
        type_info: TypeInformation | None,
        listed: bool = True,
        result: TypeInformation | None = None,
    ) -> DataStream:
        """:param result: what the function returns, where that is not a record of the new stream"""
        add = operator_node(self._env, self._kind(kind, function), function, methods, result or type_info)
        return self._next(name, add, type_info, listed)

    def _partitioned(self, partitioning: str, partitioner: Callable[[Any, int], int] | None = None) -> DataStream:
        inputs = [each._replace(partitioning=partitioning, partitioner=partitioner) for each in self._inputs]
        return DataStream(self._env, inputs, self._type, columns=self._columns)

    def _sink(self, name: str, add: Any) -> DataStreamSink:
        made = self._env._transformation(name, add, [(0, each) for each in self._inputs])
        self._env._unrun.add(made.name, made.place)
        return DataStreamSink(made)

    def _connector_sink(self, sink: Any, call: str) -> DataStreamSink:
        from flott.datastream.connectors.python import PythonSink

        if isinstance(sink, PythonSink):
            from flott.datastream.connectors._python_sink import add_python_sink

            parameters = self._env._job_parameters()
            return self._sink(
                type(sink).__name__, lambda graph, own: add_python_sink(graph, own.name, sink, parameters)
            )
        if not hasattr(sink, "_to_spec"):
            raise TypeError(
                f"{call} takes a sink such as KafkaSink, FileSink, a PythonSink or JdbcSink.sink(...), not {sink!r}; "
                + ("call build() first" if hasattr(sink, "build") else "to run your own code use map() or process()")
            )
        connector, options, declared = sink._to_spec()
        stream, prepare = self, None
        if connector == "filesystem" and options.get("format") == "string" and self._type != Types.STRING():
            # SimpleStringEncoder writes toString() of whatever comes
            prepare, declared = _render(self._type), Types.STRING()
        extra = []
        if getattr(sink, "_topic_selector", None) is not None:
            options["topic.field"] = "topic"
            extra = [("topic", sink._topic_selector)]
        columns = None if prepare or extra else self._columns
        if columns is None or not (declared is None or declared == self._type):
            columns = columns_type(self._type if declared is None else declared, call)
            stream, columns = self._to_columns(columns, prepare, extra)

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_sink(own.name, connector, list(options.items()), columns, own.place)

        return stream._sink(f"{connector} sink", add)

    def _to_columns(
        self, columns: ColumnsType, prepare: Callable[[Any], Any] | None = None, extra: Any = ()
    ) -> tuple[DataStream, ColumnsType]:
        """The stream with its records as columns, and their exact type."""

        def add(graph: Graph, own: Transformation) -> int:
            return graph.add_to_columns(own.name, columns, prepare, list(extra))

        emitted = columns.with_texts([name for name, _ in extra])
        converted = self._next("To Columns", add, self._type, columns=emitted)
        # nobody asked for it: it must not change where records go, nor their order
        converted._own("To Columns").follows_input = True
        return converted, emitted


def _render(type_info: TypeInformation) -> Callable[[Any], str]:
    """How records of that type are written as text."""
    return str if type_info == _ANY else type_info._render


def _operators() -> type[NativeOperator]:
    from flott._flott import NativeOperator

    return NativeOperator


def _row_line(row: Row | None) -> str:
    """How ``print()`` shows a row: by its fields' Python texts, as PyFlink does, where Flink shows Java's."""
    return "null" if row is None else f"{row.get_row_kind()}[{','.join([str(value) for value in row])}]"
