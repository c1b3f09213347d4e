"""User functions as the engine calls them: one copy a subtask, opened and closed with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from flott.common._checks import type_information
from flott.datastream._columns import conform
from flott.datastream.functions.wrapper import FunctionWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flott._flott import Graph, Subtask
    from flott.common.typeinfo import TypeInformation
    from flott.datastream._transformation import AddNode, Transformation
    from flott.datastream.functions.base import Function
    from flott.datastream.functions.context import RuntimeContext
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

    Opened = tuple[list[Callable[..., Any]], Callable[[], Any] | None]

__all__ = ["factory", "open_function", "opened", "operator_node", "own_copy", "runtime_context"]

T = TypeVar("T")

#: Called with each function that has been opened, for tests that look into it.
opened: list[Callable[[Any], None]] = []


def operator_node(
    env: StreamExecutionEnvironment,
    kind: str,
    function: Function,
    methods: Sequence[str],
    result: TypeInformation | None,
    broadcast_states: Sequence[str] = (),
) -> AddNode:
    """Adds an operator of that kind around the function to the engine's graph.

    :param result: the declared type of what the function returns or yields; None where any object may be one
    """
    if result is not None:
        type_information(result, "key_type" if kind == "key_by" else "output_type")
    make = factory(function, methods, env._job_parameters())

    def add(graph: Graph, transformation: Transformation) -> int:
        sides = transformation.conform_sides()
        return graph.add_operator(
            transformation.name,
            kind,
            make,
            broadcast_states,
            result=conform(result),
            sides=sides,
            broadcast_first=bool(broadcast_states) and env._is_batch(graph),
        )

    return add


def factory(
    function: Function, methods: Sequence[str], job_parameters: Mapping[str, str]
) -> Callable[[Subtask], Opened]:
    """What the engine calls in each subtask to get the callables for records and timers, and the one for the end.

    Each subtask works on its own copy, as in Flink, where functions travel to the workers by pickle. A lambda or
    a plain function is called directly: there is nothing to copy, open or close.

    :param methods: that of each input, then that of timers
    """

    def make(subtask: Subtask) -> Opened:
        if isinstance(function, FunctionWrapper):
            return [getattr(function, method) for method in methods], None
        own = own_copy(function)
        open_function(own, runtime_context(subtask, job_parameters), subtask)
        return [getattr(own, method) for method in methods], own.close

    return make


def open_function(own: Function, context: RuntimeContext, subtask: Subtask) -> None:
    """Gives a subtask's own copy of a function its operator state, and opens it."""
    if hasattr(own, "initialize_state"):
        from flott.datastream._operator_state import initialize_state

        initialize_state(own, subtask)
    own.open(context)
    for look in opened:
        look(own)


def own_copy(function: T) -> T:
    """A subtask's own copy of a function object.

    :raises TypeError: if it can't be copied
    """
    from copy import deepcopy

    try:
        return deepcopy(function)
    except Exception as error:
        raise TypeError(
            f"{type(function).__name__} can't be copied for its subtask ({type(error).__name__}: {error}): "
            "create connections, locks and files in open(), not in __init__"
        ) from error


def runtime_context(subtask: Subtask, job_parameters: Mapping[str, str]) -> Any:
    """What a function's ``open`` is given in that subtask."""
    from flott.datastream.functions.context import RuntimeContext

    return RuntimeContext(
        task_name=subtask.operator,
        number_of_parallel_subtasks=subtask.parallelism,
        max_number_of_parallel_subtasks=subtask.max_parallelism,
        index_of_this_subtask=subtask.index,
        job_parameters=job_parameters,
        metrics=subtask.metrics,
        # it has the methods of a KeyedStateStore
        state_backend=cast("Any", subtask.state),
    )
