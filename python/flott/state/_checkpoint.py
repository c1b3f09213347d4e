"""A checkpoint as mappings: operators by uid or name, and their states by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from os import PathLike, fspath
from typing import TYPE_CHECKING

from flott.state._table import StateTable, StoredState

if TYPE_CHECKING:
    from flott._flott import CheckpointReader

__all__ = ["Operator", "StoredCheckpoint", "read"]


def read(
    path: str | PathLike[str], *, trusted: bool = False, options: Mapping[str, str] | None = None
) -> StoredCheckpoint:
    """Reads a checkpoint or a savepoint; no job has to run, and nothing is changed.

    State of Python functions is pickled, and **unpickling runs code that the bytes name**. Unless told otherwise this
    makes objects of Python's own plain types only (numbers, texts, containers, dates, decimals, ``Row``), which is
    harmless whoever wrote the checkpoint, and refuses any other class with its name.

    :param path: the directory ``chk-<number>`` or ``savepoint-…``, as a path or a URL (``file:``, ``s3:``)
    :param trusted: make objects of any class: only where nobody but you can have written the checkpoint
    :param options: where an object store is, by Flink's names: ``{"s3.endpoint": "http://host:9000", …}``

    :raises FlottError: if there is no complete checkpoint, or it can't be read
    """
    from flott._flott import CheckpointReader
    from flott.datastream._recovery import place

    root, _, name = place(fspath(path)).removesuffix("/_metadata").rpartition("/")
    return StoredCheckpoint(CheckpointReader(root, name, dict(options or {})), trusted)


class StoredCheckpoint(Mapping[str, "Operator"]):
    """What :func:`read` has found: its operators by ``uid``, or by name where only one has it."""

    def __init__(self, reader: CheckpointReader, trusted: bool) -> None:
        self._reader = reader
        #: The checkpoint's number.
        self.checkpoint_id: int
        #: The name of the job.
        self.job_name: str
        #: The version of Flott that wrote it.
        self.written_by: str
        self.checkpoint_id, self.job_name, millis, self.written_by = reader.about()
        #: When it was complete.
        self.time: datetime = datetime.fromtimestamp(millis / 1000, timezone.utc)
        self._operators = [Operator(reader, trusted, *about) for about in reader.operators()]

    def __getitem__(self, operator: str) -> Operator:
        """The operator of that ``uid``, or of that name.

        :raises KeyError: if there is none, or more than one
        """
        found = [each for each in self._operators if each.uid == operator]
        found = found or [each for each in self._operators if each.name == operator]
        if len(found) == 1:
            return found[0]
        if found:
            uids = ", ".join(each.uid for each in found)
            raise KeyError(f"several operators are called '{operator}': say which by its uid ({uids})")
        names = ", ".join(f"'{each.name}' ({each.uid})" for each in self._operators)
        raise KeyError(f"the checkpoint has no operator '{operator}'; it has {names}")

    def __iter__(self) -> Iterator[str]:
        return (each.uid for each in self._operators)

    def __len__(self) -> int:
        return len(self._operators)

    def __str__(self) -> str:
        at = self.time.strftime("%Y-%m-%d %H:%M:%S")
        head = f"checkpoint {self.checkpoint_id} of '{self.job_name}', {at} UTC, written by Flott {self.written_by}"
        return "\n".join([head, *(str(each) for each in self._operators)])

    def __repr__(self) -> str:
        return f"<checkpoint {self.checkpoint_id} of '{self.job_name}' with {len(self)} operators>"


class Operator(Mapping[str, StateTable]):
    """An operator's states by name."""

    def __init__(
        self,
        reader: CheckpointReader,
        trusted: bool,
        uid: str,
        name: str,
        max_parallelism: int,
        parallelism: int,
        states: list[tuple[str, str, str, int, int]],
    ) -> None:
        self._reader, self._trusted = reader, trusted
        #: Its ``uid``, or ``auto-`` and digits where it has none.
        self.uid = uid
        self.name = name
        #: The number of its key groups.
        self.max_parallelism = max_parallelism
        self.parallelism = parallelism
        self._states = [StoredState(uid, *about) for about in states]

    def __getitem__(self, state: str) -> StateTable:
        """The state of that name as a table.

        :raises KeyError: if there is none
        :raises UntrustedClassError: if it holds objects of classes that are not plain
        """
        for each in self._states:
            if state in (each.name, each.full_name):
                return StateTable(self._reader, each, self._trusted)
        names = ", ".join(f"'{each.name}'" for each in self._states) or "none"
        raise KeyError(f"the operator '{self.name}' has no state '{state}'; it has {names}")

    def __iter__(self) -> Iterator[str]:
        return (each.name for each in self._states)

    def __len__(self) -> int:
        return len(self._states)

    def __str__(self) -> str:
        named = self.uid if self.uid == self.name else f"{self.uid} ({self.name})"
        lines = [f"{named}, parallelism {self.parallelism} of {self.max_parallelism}"]
        return "\n".join([*lines, *(f"  {each}" for each in self._states)])

    def __repr__(self) -> str:
        return f"<operator '{self.name}' with {len(self)} states>"
