"""Sources and sinks written in Python (beyond PyFlink), in the terms of Flink's FLIP-27 and FLIP-143.

A source lists *splits* (files, partitions, ranges), each of which one subtask reads in order. The shortest source is
two methods; a position is any value that can be pickled and says where to go on::

    class Lines(PythonSource):
        def __init__(self, *paths):
            self.paths = paths

        def splits(self, runtime_context):
            return [Split(path, 0) for path in self.paths]

        def read(self, split, runtime_context):
            with open(split.id) as file:
                file.seek(split.position)
                while line := file.readline():
                    yield line.rstrip(), file.tell()

    env.from_source(Lines("a.log", "b.log"), WatermarkStrategy.no_watermarks(), "logs")
    stream.sink_to(MySink())

A source or sink object is shared by all its subtasks, which run at the same time: what belongs to one goes into its
reader or writer. docs/connectors/python.md says when each method is called.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flott.datastream.functions.context import RuntimeContext

__all__ = ["Committer", "PythonSink", "PythonSource", "SinkContext", "SinkWriter", "Split", "SplitReader"]


class Split(NamedTuple):
    """A part of a source that one reader reads in order."""

    #: Unique within the source.
    id: str
    #: Where to go on reading; any value that can be pickled.
    position: Any = None


class PythonSource(ABC):
    """A source of ``env.from_source``; implement :meth:`splits`, and :meth:`read` or :meth:`create_reader`."""

    #: Whether the source ends by itself. One that does not runs until the job is cancelled.
    bounded: bool = True
    #: How often :meth:`splits` is called again, in ms, to find new ones; None for once, at the start.
    discovery_interval_ms: int | None = None

    @abstractmethod
    def splits(self, runtime_context: RuntimeContext) -> Iterable[Split | str]:
        """The splits there are now, those known before included; a ``str`` is a split without a position.

        Called in one place for all subtasks.
        """

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[Any, Any] | None]:
        """Yields ``record, position`` from ``split.position`` on; the position is that behind the record.

        Where nothing comes, yield None now and then, every 100 ms say: only between two yields are barriers sent and
        cancellation noticed. The split ends when the generator does.
        """
        raise NotImplementedError(f"{type(self).__name__} has neither read() nor create_reader()")

    def commit(self, split_id: str, position: Any) -> None:
        """Everything before ``position`` is safe at the other end; for sources with :meth:`read`."""

    def create_reader(self, split: Split, runtime_context: RuntimeContext) -> SplitReader:
        """The reader of one split, in the thread that will read it; unless overridden, one around :meth:`read`."""
        from flott.datastream.connectors._python_source import GeneratorReader

        return GeneratorReader(self, split, runtime_context)


class SplitReader(ABC):
    """Reads one split."""

    @abstractmethod
    def read(self, max_records: int, timeout_ms: int) -> Sequence[Any] | None:
        """The next records, about ``max_records`` at most; ``[]`` if none came; None at the end of the split.

        Returns within about ``timeout_ms``: barriers and cancellation wait for it.
        """

    @abstractmethod
    def position(self) -> Any:
        """Where to go on behind the last record that :meth:`read` returned; any value that can be pickled."""

    def commit(self, position: Any) -> None:
        """Everything before ``position`` is safe at the other end: it need not be sent again."""

    def close(self) -> None:
        """The split is through, or the job has ended."""


class PythonSink(ABC):
    """A sink of ``stream.sink_to``."""

    @abstractmethod
    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        """The writer of one subtask, in the thread that will use it."""

    def create_committer(self, runtime_context: RuntimeContext) -> Committer | None:
        """Overridden, the sink commits in two phases: what :meth:`SinkWriter.prepare_commit` returned is handed to the
        committer once the checkpoint is complete."""
        return None


class SinkContext(Protocol):
    """What a writer is told of a record."""

    def timestamp(self) -> int | None:
        """The record's event time in ms, or None."""

    def current_watermark(self) -> int:
        """The watermark in ms."""

    def current_processing_time(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""


class SinkWriter(ABC):
    """Writes the records of one subtask."""

    @abstractmethod
    def write(self, value: Any, context: SinkContext) -> None:
        """Takes a record; it may be held back until :meth:`flush`."""

    def flush(self) -> None:
        """Returns when everything written is safe: called at each barrier and at the end of the input.

        In two phases: when it is safe to be committed later.
        """

    def prepare_commit(self) -> Iterable[Any]:
        """Behind :meth:`flush`, at a barrier: what the committer needs to make visible what was written since the last
        one. Anything that can be pickled."""
        return ()

    def close(self) -> None:
        """Called once at the end, also when the job failed: then what was prepared and not committed stays so."""


class Committer(ABC):
    """Makes visible what writers prepared."""

    @abstractmethod
    def commit(self, committables: Sequence[Any]) -> None:
        """The checkpoint to which these belong is complete. An exception fails the job.

        The same may be committed twice after a failure: make the second time do nothing.
        """

    def close(self) -> None:
        """Called once at the end."""
