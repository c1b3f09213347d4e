"""A stream whose records are kept, so that later jobs need not make them again.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flott.datastream._transformation import Input, Transformation
from flott.datastream.data_stream import DataStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flott._flott import Graph, Job, Subtask
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["CachedDataStream"]

#: A record's timestamp, and the record.
_Record = tuple["int | None", Any]
#: What each subtask of a job has kept.
_Kept = dict[int, "list[_Record]"]


class Cache(Transformation):
    """Keeps what passes, and is a source of it once a job has come to its end."""

    __slots__ = ("_attempts", "_origin", "_records")

    def __init__(self, env: StreamExecutionEnvironment, inputs: tuple[Input, ...]) -> None:
        super().__init__(env._next_transformation_id(), "Cache", self._add, [(0, each) for each in inputs])
        self.follows_input = True
        self._origin = self.inputs
        self._records: list[_Record] | None = None
        #: What each job that was started has kept; one that has not finished may not have seen everything.
        self._attempts: list[tuple[_Kept, Job | None]] = []

    def started(self, job: Job) -> None:
        """The graph that was built last runs as ``job``."""
        if self._records is None:
            self._attempts[-1] = self._attempts[-1][0], job

    def refresh(self) -> None:
        """Called before a graph is built."""
        running = []
        for kept, job in self._attempts:
            status = "" if job is None else job.status()
            if status == "FINISHED":
                self._keep([record for subtask in sorted(kept) for record in kept[subtask]])
                return
            if status in ("CREATED", "RUNNING", "RESTARTING"):
                running.append((kept, job))
        self._attempts = running

    def invalidate(self) -> None:
        """Forgets what was kept."""
        self._records, self._attempts = None, []
        self.inputs, self.parallelism, self.follows_input = self._origin, None, True

    def _keep(self, records: list[_Record]) -> None:
        self._records, self._attempts = records, []
        self.inputs, self.parallelism, self.follows_input = (), 1, False

    def _add(self, graph: Graph, transformation: Transformation) -> int:
        return self._add_writer(graph) if self._records is None else self._add_reader(graph, self._records)

    def _add_writer(self, graph: Graph) -> int:
        if not graph.is_bounded():
            raise ValueError(
                "cache() keeps the records of a stream that ends, and this one reads from a source that does not: "
                "bound the source, for example with KafkaSource's set_bounded(...)"
            )
        kept: _Kept = {}
        self._attempts.append((kept, None))

        def make(subtask: Subtask) -> Any:
            # a job that is started again goes on with what its checkpoint has, and with nothing else
            records = kept[subtask.index] = subtask.operator_state.list("kept", False)
            for other in [other for other in kept if other >= subtask.parallelism]:
                kept.pop(other, None)

            def keep(value: Any, ctx: Any) -> Iterator[Any]:
                records.append((ctx.timestamp(), value))
                yield value

            return [keep], None

        return graph.add_operator(self.name, "process", make)

    def _add_reader(self, graph: Graph, records: list[_Record]) -> int:
        if all(timestamp is None for timestamp, _ in records):
            return graph.add_collection(self.name, [value for _, value in records])
        from json import dumps

        from flott.common.watermark_strategy import WatermarkStrategy

        def take(record: _Record) -> Any:
            return record[1]

        def make(_subtask: Subtask) -> Any:
            return [take], None

        strategy = dumps(WatermarkStrategy.no_watermarks()._to_spec())
        source = graph.add_collection(self.name, records)
        timed = graph.add_timestamps(self.name, strategy, lambda record, old: old if record[0] is None else record[0])
        values = graph.add_operator(self.name, "map", make)
        for node in (source, timed):
            graph.configure(node, parallelism=1)
        graph.connect(source, timed)
        graph.connect(timed, values)
        return values


class CachedDataStream(DataStream):
    """A stream that the first job keeps and later jobs read, from :meth:`DataStream.cache`::

        orders = env.read_text_file("orders.csv").map(parse).cache()
        orders.filter(is_valid).print()
        env.execute()          # reads the file
        orders.filter(is_late).print()
        env.execute()          # does not

    The records stay in memory until :meth:`invalidate`, or until the environment is closed. A job that was cancelled
    or has failed keeps nothing: the next one makes the records again. Flink has this in BATCH mode only.
    """

    def __init__(self, env: StreamExecutionEnvironment, stream: DataStream) -> None:
        """Use :meth:`DataStream.cache`."""
        self._cache = Cache(env, stream._inputs)
        env._caches.append(self._cache)
        super().__init__(env, [Input(self._cache)], stream._type)

    def invalidate(self) -> None:
        """Forgets the records. The next job that reads the stream makes and keeps them again."""
        self._cache.invalidate()

    def _own(self, call: str) -> NoReturn:
        raise TypeError(f"{call} is not for a cached stream: call it on the stream before cache()")

    def set_uid_hash(self, uid_hash: str) -> NoReturn:
        """Raises TypeError, as all that configures an operator does."""
        self._own("set_uid_hash()")

    def set_buffer_timeout(self, timeout_millis: int) -> NoReturn:
        """Raises TypeError, as all that configures an operator does."""
        self._own("set_buffer_timeout()")
