"""One state of an operator as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from flott.datastream._arrow import ArrowResult
from flott.state._database import database_rows
from flott.state._rows import ROWS_OF, keyed_rows, plain_rows
from flott.state._types import table_of_rows

if TYPE_CHECKING:
    from flott._flott import ArrowTable, CheckpointReader

__all__ = ["StateTable", "StoredState"]

#: In front of the names of a function's states.
_FUNCTION = "state/"


class StoredState(NamedTuple):
    """What is known of a state without reading it."""

    uid: str
    full_name: str
    encoding: str
    #: ``keyed``, ``items``, or ``files`` of RocksDB, which all states of a function have in common.
    place: str
    #: Key groups that have something, items, or files.
    pieces: int
    bytes: int

    @property
    def name(self) -> str:
        """As the program calls it; of what is no function's state, what the checkpoint calls it."""
        return self.full_name.removeprefix(_FUNCTION)

    def __str__(self) -> str:
        piece = {"keyed": "key group", "items": "item", "files": "RocksDB file"}[self.place]
        pieces = f"{self.pieces} {piece}" if self.pieces == 1 else f"{self.pieces} {piece}s"
        return f"{self.name}: {self.encoding}, {pieces}, {self.bytes} bytes"


class StateTable(ArrowResult):
    """A state, in columns that pandas, polars, pyarrow and others take over (Arrow's PyCapsule interface).

    The columns are, by the kind of state:

    ============================  ==================================================
    value, reducing, aggregating  ``key``, ``value`` (of aggregating, the accumulator)
    list                          ``key``, ``list``
    map                           ``key``, ``map_key``, ``value``: a row an entry
    timers                        ``key``, ``time`` (ms), ``place`` among timers of one time
    windows of Python functions   ``key``, ``start``, ``end`` …, ``contents``
    aggregates over columns       the columns themselves
    broadcast                     ``key``, ``value``
    a source's splits             ``split``, ``position``, ``finished``
    ============================  ==================================================

    With a time to live there is ``last_access`` (ms). At the end stand ``key_group`` of keyed state, and ``subtask``.
    Values that have no type in common are shown as text; :meth:`rows` has them as they are.
    """

    def __init__(self, reader: CheckpointReader, state: StoredState, trusted: bool) -> None:
        """Use :func:`flott.state.read`."""
        self._reader, self.state, self._trusted = reader, state, trusted
        self._names, self._rows = self._read()
        super().__init__(self._to_arrow())

    def _read(self) -> tuple[list[str], list[tuple[Any, ...]] | None]:
        if self.state.encoding.startswith("arrow"):
            return [], None
        if self.state.place == "files":
            rows = self._reader.rows(self.state.uid, self.state.full_name)
            return database_rows(self.state.encoding, rows, self._trusted)
        if self.state.place == "keyed":
            pieces = self._reader.keyed(self.state.uid, self.state.full_name)
            return keyed_rows(self.state.encoding, pieces, self._trusted)
        items = self._reader.items(self.state.uid, self.state.full_name)
        return plain_rows(ROWS_OF.get(self.state.encoding), items, self._trusted)

    def _to_arrow(self) -> ArrowTable:
        if self._rows is None:
            return self._reader.columns(self.state.uid, self.state.full_name)
        return table_of_rows(self._names, self._rows)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row as a dict of Python objects, as they are in state."""
        if self._rows is None:
            columns = [self.column(name) for name in self.column_names]
            yield from (dict(zip(self.column_names, row)) for row in zip(*columns))
        else:
            yield from (dict(zip(self._names, row)) for row in self._rows)

    def __repr__(self) -> str:
        return f"<state '{self.state.name}': {len(self)} rows of {', '.join(self.column_names)}>"
