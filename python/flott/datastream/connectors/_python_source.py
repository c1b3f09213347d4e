"""Between the engine and a :class:`~flott.datastream.connectors.python.PythonSource`."""

from __future__ import annotations

import pickle
from time import monotonic
from typing import TYPE_CHECKING, Any

from flott.datastream._calls import runtime_context
from flott.datastream._columns import conform
from flott.datastream.connectors.python import PythonSource, Split, SplitReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flott._flott import Conform, Graph, Subtask
    from flott.common.typeinfo import TypeInformation
    from flott.datastream.functions.context import RuntimeContext

__all__ = ["GeneratorReader", "add_python_source"]

#: How long a generator is read before what it yielded goes on, in seconds.
_LONG = 0.01


def add_python_source(
    graph: Graph, name: str, source: PythonSource, type_info: TypeInformation | None, job_parameters: Mapping[str, str]
) -> int:
    """Adds the source to the engine's graph."""
    kind = type(source)
    # readers may commit in their own way; a source that reads by generators says itself whether it does
    commits = kind.create_reader is not PythonSource.create_reader or kind.commit is not PythonSource.commit
    adapter = _Adapter(source, type_info, job_parameters)
    return graph.add_python_source(name, adapter, bool(source.bounded), commits, source.discovery_interval_ms)


class _Adapter:
    def __init__(
        self, source: PythonSource, type_info: TypeInformation | None, job_parameters: Mapping[str, str]
    ) -> None:
        self._source = source
        self._declared = conform(type_info)
        self._job_parameters = job_parameters

    def discover(self, subtask: Subtask) -> list[tuple[str, bytes]]:
        found = []
        for split in self._source.splits(runtime_context(subtask, self._job_parameters)):
            split = Split(split) if isinstance(split, str) else split
            if not isinstance(split, Split) or not isinstance(split.id, str):
                raise TypeError(
                    f"{type(self._source).__name__}.splits() must return splits such as Split('a', 0), not {split!r}"
                )
            found.append((split.id, _position(split.position, False, self._source)))
        return found

    def open(self, subtask: Subtask, id: str, position: bytes) -> _OpenSplit:
        where, ended = pickle.loads(position)
        if ended:
            return _OpenSplit(None, self._source, position, None)
        context = runtime_context(subtask, self._job_parameters)
        reader = self._source.create_reader(Split(id, where), context)
        if not isinstance(reader, SplitReader):
            raise TypeError(f"{type(self._source).__name__}.create_reader() must return a SplitReader, not {reader!r}")
        return _OpenSplit(reader, self._source, position, self._declared)


class _OpenSplit:
    def __init__(
        self,
        reader: SplitReader | None,
        source: PythonSource,
        position: bytes,
        declared: Conform | None,
    ) -> None:
        self._reader = reader
        self._source = source
        self._position = position
        self._declared = declared
        #: The position the reader was told last; one that was never read has nothing to commit.
        self._told = position

    def read(self, max_records: int, timeout_ms: int) -> tuple[list[Any], bytes, bool]:
        """Records, the position behind them, and whether the split has ended."""
        if self._reader is None:
            return [], self._position, True
        records = self._reader.read(max_records, timeout_ms)
        if records is None:
            self._position = _position(pickle.loads(self._position)[0], True, self._source)
            return [], self._position, True
        if isinstance(records, (str, bytes)) or not hasattr(records, "__iter__"):
            raise TypeError(
                f"{type(self._reader).__name__}.read() must return a list of records, [] for none, or None at the "
                f"split's end, not {records!r}"
            )
        records = list(records)
        if records:
            self._position = _position(self._reader.position(), False, self._source)
            if self._declared is not None:
                records = [self._declared.value(record, "a record") for record in records]
        return records, self._position, False

    def commit(self, position: bytes) -> None:
        where, _ = pickle.loads(position)
        told = _position(where, False, self._source)
        if self._reader is not None and told != self._told:
            self._reader.commit(where)
            self._told = told

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _position(position: Any, ended: bool, source: PythonSource) -> bytes:
    try:
        return pickle.dumps((position, ended), 5)
    except Exception as error:
        raise TypeError(
            f"a position of {type(source).__name__} can't be pickled ({error}): use numbers, texts, tuples, dicts"
        ) from error


class GeneratorReader(SplitReader):
    """Reads a split by ``PythonSource.read``."""

    def __init__(self, source: PythonSource, split: Split, context: RuntimeContext) -> None:
        self._source = source
        self._split = split
        self._position = split.position
        self._generator = iter(source.read(split, context))

    def read(self, max_records: int, timeout_ms: int) -> list[Any] | None:
        until = monotonic() + _LONG
        records: list[Any] = []
        for item in self._generator:
            if item is None:
                return records
            if not isinstance(item, tuple) or len(item) != 2:
                raise TypeError(
                    f"{type(self._source).__name__}.read() must yield record, position (or None for nothing now), "
                    f"not {item!r}"
                )
            record, self._position = item
            records.append(record)
            if len(records) >= max_records or monotonic() >= until:
                return records
        return records or None

    def position(self) -> Any:
        return self._position

    def commit(self, position: Any) -> None:
        self._source.commit(self._split.id, position)

    def close(self) -> None:
        close = getattr(self._generator, "close", None)
        if close is not None:
            close()
