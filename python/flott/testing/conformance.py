"""What a harness that runs PyFlink's own tests needs beside PyFlink's names.

PyFlink's tests reach into Java in a few places: for a sink that collects, and for the configuration of a running
environment. These functions do the same here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.configuration import Configuration
from flott.common.typeinfo import Types
from flott.datastream.keyed_stream import KeyedStream

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation
    from flott.datastream.data_stream import DataStream
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

__all__ = ["CollectingSink", "attach_collect", "set_config"]


def set_config(env: StreamExecutionEnvironment, key: str, value: Any) -> None:
    """Sets an option of an environment, as its Java configuration would be changed."""
    env.configure(Configuration().set_string(key, str(value)))


def attach_collect(ds: DataStream) -> CollectingSink:
    """Ends a stream in a sink that remembers its records until they are asked for."""
    return CollectingSink(ds)


class CollectingSink:
    """Stands for the sink that ``add_sink`` returns: calls that configure it go to it."""

    def __init__(self, ds: DataStream) -> None:
        stream = ds._origin if isinstance(ds, KeyedStream) else ds
        self._type = stream.get_type()
        self._kept: list[Any] = []
        kept = self._kept

        def keep(value: Any) -> Any:
            kept.append(value)
            return value

        self._sink = stream.map(keep).name("Collecting Sink")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    def results(self, is_python_object: bool = False, stringify: bool = True) -> list[Any]:
        """The records that have come so far.

        :param is_python_object: as Python shows them; as Java does otherwise
        :param stringify: as texts
        """
        if is_python_object:
            return [str(record) if stringify else record for record in self._kept]
        return [_as_java(record, self._type) for record in self._kept]


def _as_java(record: Any, type_info: TypeInformation) -> str:
    return str(record) if type_info == Types.PICKLED_BYTE_ARRAY() else type_info._render(record)
