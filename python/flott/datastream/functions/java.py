"""The bases of sources and sinks, which wrap Java objects in PyFlink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.utils import java_only

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation

__all__ = ["JavaFunctionWrapper", "SinkFunction", "SourceFunction"]


class JavaFunctionWrapper:
    """A part of a job that the engine brings, named by a connector and its options.

    PyFlink's takes the name of a Java class, which raises NotImplementedError here.
    """

    _INSTEAD = "use one of flott.datastream.connectors"

    def __init__(self, j_function: Any) -> None:
        """Raises NotImplementedError: a Java class cannot run here."""
        name = j_function if isinstance(j_function, str) else type(j_function).__name__
        raise java_only(f"{type(self).__name__}({name!r})", self._INSTEAD)

    def get_java_function(self) -> Any:
        """Raises NotImplementedError: there is no Java object."""
        raise java_only(f"{type(self).__name__}.get_java_function()", "pass the object itself")

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        """The connector's name, its options, and the type of its records if it knows one."""
        raise NotImplementedError


class SourceFunction(JavaFunctionWrapper):
    """The base of sources for ``env.add_source``."""

    _INSTEAD = (
        "use env.from_collection(...), or env.from_source(...) with KafkaSource, FileSource or NumberSequenceSource"
    )

    def __init__(self, source_func: Any) -> None:
        """Raises NotImplementedError: a Java class cannot run here."""
        super().__init__(source_func)


class SinkFunction(JavaFunctionWrapper):
    """The base of sinks for ``stream.add_sink``."""

    _INSTEAD = "use stream.sink_to(...) with KafkaSink or FileSink, or stream.add_sink(JdbcSink.sink(...))"

    def __init__(self, sink_func: Any) -> None:
        """Raises NotImplementedError: a Java class cannot run here."""
        super().__init__(sink_func)
