"""Between the engine and a :class:`~flott.datastream.connectors.python.PythonSink`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream._calls import runtime_context
from flott.datastream._operator_state import initialize_state
from flott.datastream.connectors.python import Committer, PythonSink, SinkWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flott._flott import Graph, Subtask

__all__ = ["add_python_sink"]


def add_python_sink(graph: Graph, name: str, sink: PythonSink, job_parameters: Mapping[str, str]) -> int:
    """Adds the sink to the engine's graph."""
    kind = type(sink)
    commits = kind.create_committer is not PythonSink.create_committer

    def open(subtask: Subtask) -> tuple[SinkWriter, Committer | None]:
        context = runtime_context(subtask, job_parameters)
        writer = sink.create_writer(context)
        _check(writer, SinkWriter, f"{kind.__name__}.create_writer()")
        initialize_state(writer, subtask)
        committer = sink.create_committer(context) if commits else None
        if committer is not None:
            _check(committer, Committer, f"{kind.__name__}.create_committer()")
        return writer, committer

    return graph.add_python_sink(name, open, commits)


def _check(made: Any, kind: type, call: str) -> None:
    if not isinstance(made, kind):
        raise TypeError(f"{call} must return a {kind.__name__}, not {made!r}")
