"""A stream as a notebook shows it: the operators it comes from. Its records are not there before its job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott.common._html import box, table

if TYPE_CHECKING:
    from flott.datastream._transformation import Transformation
    from flott.datastream.data_stream import DataStream

__all__ = ["stream_html"]


def stream_html(stream: DataStream) -> str:
    """HTML of a stream: each operator on the way to it, and the type of its records."""
    before: dict[int, Transformation] = {}
    waiting = [each.transformation for each in stream._inputs]
    while waiting:
        each = waiting.pop()
        if before.setdefault(each.id, each) is each:
            waiting += [edge.transformation for _, edge in each.inputs if edge.transformation.id not in before]
    default = stream.get_execution_environment().get_parallelism()
    rows = [(each.name, each.parallelism or default, each.place or "") for _, each in sorted(before.items())]
    content = table(["operator", "subtasks", "line"], rows, right=[1])
    below = "no records before its job runs: .print() and env.execute(), or list(stream.execute_and_collect())"
    return box(f"{type(stream).__name__} of {stream.get_type()!r}", content, below)
