"""The calls that configure the operator a stream or a sink ends in, and the end of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flott.common import _checks as checks

if TYPE_CHECKING:
    from flott.datastream._transformation import Transformation

__all__ = ["Configurable", "DataStreamSink"]

S = TypeVar("S", bound="Configurable")


class Configurable:
    """The calls that configure the operator a stream or a sink ends in."""

    _transformation: Transformation | None

    def _own(self, call: str) -> Transformation:
        if self._transformation is None:
            raise TypeError(f"{call} belongs behind an operator such as map() or a source, not behind {self!r}")
        return self._transformation

    def name(self: S, name: str) -> S:
        """Names the operator, for messages, metrics and the web UI."""
        self._own("name()").name = checks.text(name, "a name")
        return self

    def uid(self: S, uid: str) -> S:
        """Gives the operator an id that stays when the program changes: by it, state finds its operator again.

        :raises ConfigurationError: when the job starts, if two operators share an id
        """
        self._own("uid()").uid = checks.text(uid, "a uid")
        return self

    def set_uid_hash(self: S, uid_hash: str) -> S:
        """Accepted for compatibility: Flott matches state by :meth:`uid` alone."""
        return self

    def set_parallelism(self: S, parallelism: int) -> S:
        """Runs the operator in that many subtasks; -1 for as many as the environment says.

        :raises ValueError: if it is less than 1, or more than 1 for an operator that has one subtask only
        """
        own = self._own("set_parallelism()")
        if checks.parallelism(parallelism, f"the parallelism of '{own.name}'") == -1:
            own.parallelism = None
            return self
        if parallelism != 1 and getattr(self, "_non_parallel", False):
            raise ValueError(f"'{own.name}' runs in one subtask only: its parallelism can't be {parallelism}")
        own.parallelism = parallelism
        return self

    def set_description(self: S, description: str) -> S:
        """What the execution plan shows of the operator, under ``contents``; its name unless set."""
        self._own("set_description()").description = description
        return self

    def disable_chaining(self: S) -> S:
        """Runs the operator in a task of its own."""
        self._own("disable_chaining()").chaining = "never"
        return self

    def slot_sharing_group(self: S, slot_sharing_group: Any) -> S:
        """Operators of different groups are not chained.

        :param slot_sharing_group: a name or a :class:`SlotSharingGroup`
        """
        name = getattr(slot_sharing_group, "get_name", lambda: slot_sharing_group)()
        if not isinstance(name, str):
            raise TypeError(f"slot_sharing_group() takes a name or a SlotSharingGroup, not {slot_sharing_group!r}")
        self._own("slot_sharing_group()").slot_sharing_group = name
        return self


class DataStreamSink(Configurable):
    """The end of a stream."""

    def __init__(self, transformation: Transformation) -> None:
        """Use :meth:`DataStream.sink_to`, :meth:`DataStream.add_sink` or :meth:`DataStream.print`."""
        self._transformation = transformation

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            from flott.datastream._hints import no_attribute

            raise no_attribute(self, name)
