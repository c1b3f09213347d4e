"""User functions as the engine calls them: one copy a subtask, opened and closed with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream.functions.wrapper import FunctionWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flott._flott import Subtask
    from flott.datastream.functions.base import Function

    Opened = tuple[Callable[..., Any], Callable[[], Any] | None]

__all__ = ["factory"]


def factory(function: Function, method: str, job_parameters: Mapping[str, str]) -> Callable[[Subtask], Opened]:
    """What the engine calls in each subtask to get the callable for a record, and the one for the end.

    Each subtask works on its own copy, as in Flink, where functions travel to the workers by pickle. A lambda or
    a plain function is called directly: there is nothing to copy, open or close.
    """

    def make(subtask: Subtask) -> Opened:
        if isinstance(function, FunctionWrapper):
            return getattr(function, method), None
        own = _copy(function)
        own.open(_runtime_context(subtask, job_parameters))
        return getattr(own, method), own.close

    return make


def _copy(function: Function) -> Function:
    from copy import deepcopy

    try:
        return deepcopy(function)
    except Exception as error:
        raise TypeError(
            f"{type(function).__name__} can't be copied for its subtask ({type(error).__name__}: {error}): "
            "create connections, locks and files in open(), not in __init__"
        ) from error


def _runtime_context(subtask: Subtask, job_parameters: Mapping[str, str]) -> Any:
    from flott.datastream.functions.context import RuntimeContext

    return RuntimeContext(
        task_name=subtask.operator,
        number_of_parallel_subtasks=subtask.parallelism,
        max_number_of_parallel_subtasks=subtask.max_parallelism,
        index_of_this_subtask=subtask.index,
        job_parameters=job_parameters,
        metrics=subtask.metrics,
    )
