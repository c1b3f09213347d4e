"""What a program has said so far: one object an operator, linked to where its records come from.

A stream only points at transformations. The engine's graph is made of them when the job starts, so that a stream can
be used again after ``env.execute()``, as in Flink.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flott._flott import Conform, Graph
    from flott.common.typeinfo import TypeInformation

__all__ = ["Input", "Transformation", "build_graph", "place_of_caller"]


class Input(NamedTuple):
    """An edge: where records come from and how they are spread."""

    transformation: Transformation
    tag: str | None = None
    partitioning: str = "unspecified"
    partitioner: Callable[[Any, int], int] | None = None


class AddNode(Protocol):
    """Adds the operator to the engine's graph and returns its node."""

    def __call__(self, graph: Graph, transformation: Transformation) -> int: ...


class Transformation:
    """One operator of the program."""

    __slots__ = (
        "add_node",
        "chaining",
        "description",
        "follows_input",
        "id",
        "inputs",
        "max_parallelism",
        "name",
        "parallelism",
        "place",
        "sides",
        "slot_sharing_group",
        "uid",
    )

    def __init__(self, id: int, name: str, add_node: AddNode, inputs: Iterable[tuple[int, Input]] = ()) -> None:
        """:param inputs: each with the number of the operator's input that it feeds"""
        self.id = id
        self.name = name
        self.add_node = add_node
        self.inputs = tuple(inputs)
        self.place = place_of_caller()
        #: The types of the side outputs that are read, by the ids of their tags.
        self.sides: dict[str, TypeInformation] = {}
        self.parallelism: int | None = None
        # with no parallelism of its own, it takes that of its input, so that records stay in order
        self.follows_input = False
        self.max_parallelism: int | None = None
        self.uid: str | None = None
        self.description: str | None = None
        self.chaining: str | None = None
        self.slot_sharing_group: str | None = None

    def refresh(self) -> None:
        """Called before a graph is built, for what depends on the jobs that ran."""

    def conform_sides(self) -> list[tuple[str, Conform]]:
        """What checks and converts the records of each side output, by the ids of their tags."""
        return [(tag, type_info._conform()) for tag, type_info in self.sides.items()]


def place_of_caller() -> str | None:
    """The line of the user's program that is being executed: ``job.py:12``, and in a notebook ``In[5]:12``."""
    frame = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "flott":
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return None
    file = frame.f_code.co_filename
    return f"{_cell(file) or file.replace(chr(92), '/').rpartition('/')[2]}:{frame.f_lineno}"


def _cell(file: str) -> str | None:
    """The cell of a notebook that this is the code of, as IPython's own tracebacks name it; None for other files."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    name = getattr(getattr(shell, "compile", None), "format_code_name", None)
    found = None if name is None else name(file)
    return None if found is None else str(found[1])


def build_graph(transformations: Iterable[Transformation], graph: Graph | None = None) -> tuple[Graph, dict[int, int]]:
    """The engine's graph of these transformations and of everything they read from.

    :param graph: an empty one, where it is not an ordinary one
    :return: the graph, and the node that stands for each transformation's id
    """
    from flott._flott import Graph

    needed: dict[int, Transformation] = {}
    waiting = list(transformations)
    while waiting:
        transformation = waiting.pop()
        if transformation.id not in needed:
            transformation.refresh()
            needed[transformation.id] = transformation
            waiting.extend(source.transformation for _, source in transformation.inputs)
    graph = Graph() if graph is None else graph
    nodes: dict[int, int] = {}
    for id, transformation in sorted(needed.items()):
        node = nodes[id] = transformation.add_node(graph, transformation)
        parallelism = transformation.parallelism
        if parallelism is None and transformation.follows_input:
            _, source = transformation.inputs[0]
            parallelism = graph.parallelism(nodes[source.transformation.id])
        graph.configure(
            node,
            uid=transformation.uid,
            parallelism=parallelism,
            max_parallelism=transformation.max_parallelism,
            chaining=transformation.chaining,
            slot_sharing_group=transformation.slot_sharing_group,
            place=transformation.place,
        )
        for input, source in transformation.inputs:
            graph.connect(
                nodes[source.transformation.id], node, input, source.tag, source.partitioning, source.partitioner
            )
    return graph, nodes
