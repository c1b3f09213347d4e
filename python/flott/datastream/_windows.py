"""Windows as the engine runs them: which assigners and triggers are its own, and what a subtask is given."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from flott.datastream._calls import open_function, own_copy, runtime_context
from flott.datastream.functions import ProcessAllWindowFunction, ProcessWindowFunction
from flott.datastream.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountEvictor,
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    DeltaEvictor,
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    MergingWindowAssigner,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeEvictor,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flott._flott import Subtask
    from flott.datastream.functions import AggregateFunction, ReduceFunction
    from flott.datastream.functions.base import Function
    from flott.datastream.window import Evictor, Trigger, WindowAssigner

__all__ = ["Callback", "WindowParts", "assigner_spec", "evictor_spec", "trigger_spec", "window_factory"]

#: The classes that the engine runs itself; a subclass may do something else, so the class must be the very one.
_ASSIGNERS: dict[type, Callable[[Any], tuple[str, list[int]]]] = {
    TumblingEventTimeWindows: lambda own: ("tumbling", [own._size, own._offset]),
    TumblingProcessingTimeWindows: lambda own: ("tumbling", [own._size, own._offset]),
    SlidingEventTimeWindows: lambda own: ("sliding", [own._size, own._slide, own._offset]),
    SlidingProcessingTimeWindows: lambda own: ("sliding", [own._size, own._slide, own._offset]),
    EventTimeSessionWindows: lambda own: ("session", [own._session_gap]),
    ProcessingTimeSessionWindows: lambda own: ("session", [own._session_gap]),
    DynamicEventTimeSessionWindows: lambda own: ("dynamic_session", []),
    DynamicProcessingTimeSessionWindows: lambda own: ("dynamic_session", []),
    CountTumblingWindowAssigner: lambda own: ("count", [own._window_size, own._window_size]),
    CountSlidingWindowAssigner: lambda own: ("count", [own._window_size, own._window_slide]),
    GlobalWindows: lambda own: ("global", []),
}
_TRIGGERS: dict[type, Callable[[Any], tuple[str, int]]] = {
    EventTimeTrigger: lambda own: ("event_time", 0),
    ProcessingTimeTrigger: lambda own: ("processing_time", 0),
    ContinuousEventTimeTrigger: lambda own: ("continuous_event_time", own.interval),
    ContinuousProcessingTimeTrigger: lambda own: ("continuous_processing_time", own.interval),
    CountTrigger: lambda own: ("count", own._window_size),
    NeverTrigger: lambda own: ("never", 0),
}
#: Functions that override neither have nothing to do when a window is over.
_CLEAR_NOTHING = (ProcessWindowFunction.clear, ProcessAllWindowFunction.clear)

_EVICTORS: dict[type, Callable[[Any], tuple[str, float, bool]]] = {
    CountEvictor: lambda own: ("count", own._max_count, own._do_evict_after),
    TimeEvictor: lambda own: ("time", own._window_size, own._do_evict_after),
    DeltaEvictor: lambda own: ("delta", own._threshold, own._do_evict_after),
}


def assigner_spec(assigner: WindowAssigner[Any, Any]) -> tuple[str, list[int]] | None:
    """Which of the engine's own assigners it is, with its numbers; None for a program's own."""
    spec = _ASSIGNERS.get(type(assigner))
    return None if spec is None else spec(assigner)


def trigger_spec(trigger: Trigger[Any, Any]) -> tuple[str, int] | None:
    """Which of the engine's own triggers it is, with its number; None for a program's own."""
    if type(trigger) is PurgingTrigger:
        nested = trigger_spec(trigger.nested_trigger)
        return None if nested is None else (f"purging {nested[0]}", nested[1])
    spec = _TRIGGERS.get(type(trigger))
    return None if spec is None else spec(trigger)


def evictor_spec(evictor: Evictor[Any, Any]) -> tuple[str, float, bool] | None:
    """Which of the engine's own evictors it is, with its number and its turn; None for a program's own."""
    spec = _EVICTORS.get(type(evictor))
    return None if spec is None else spec(evictor)


class Callback(MergingWindowAssigner.MergeCallback[Any]):
    """What a program's ``merge_windows`` calls with the windows that become one."""

    def __init__(self, merged: Callable[[list[Any], Any], None]) -> None:
        self._merged = merged

    def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
        self._merged(list(to_be_merged), merge_result)


class WindowParts:
    """What the operator of one subtask is made of; see ``python/src/operators/window.rs``."""

    assigner: Any
    assigner_spec: tuple[str, list[int]] | None
    trigger: Any
    trigger_spec: tuple[str, int] | None
    allowed_lateness: int
    runtime_context: Any
    evictor: Any
    evictor_spec: tuple[str, float, bool] | None
    kept = "list"
    #: A method of the window function; None where the window's one value is the result.
    evaluate: Callable[..., Any] | None = None
    #: What that method is given.
    given = "key context elements"
    #: Called with the context when a window is over; None where that does nothing.
    clear: Callable[[Any], Any] | None = None

    def keep(self, function: ReduceFunction | AggregateFunction | None) -> None:
        """Keeps one value a window, made by that function, instead of all records."""
        if function is None:
            return
        if hasattr(function, "reduce"):
            self.kept, self.reduce = "reduced", function.reduce
            return
        self.kept = "aggregated"
        for method in ("create_accumulator", "add", "get_result", "merge"):
            setattr(self, method, getattr(function, method))

    def evaluate_by(self, function: Function | None, of_all: bool) -> None:
        """Calls that window function; ``of_all`` for one that is not given a key."""
        own: Any = function
        if own is None:
            return
        key = "" if of_all else "key "
        if hasattr(own, "apply"):
            self.evaluate, self.given = own.apply, f"{key}window elements"
            return
        self.evaluate, self.given = own.process, f"{key}context elements"
        if getattr(own.clear, "__func__", None) not in _CLEAR_NOTHING:
            self.clear = own.clear

    def evict_by(self, evictor: Evictor[Any, Any], function: ReduceFunction | AggregateFunction | None) -> None:
        """Keeps all records for an evictor, and lets that function make one value of them when the window fires."""
        self.kept, self.evictor, self.evictor_spec = "evicting", own_copy(evictor), evictor_spec(evictor)
        if function is None:
            return
        then, whole = self.evaluate, _reduced if hasattr(function, "reduce") else _aggregated

        def evaluate(*given: Any) -> Any:
            values = whole(function, given[-1])
            return values if then is None or not values else then(*given[:-1], values)

        self.evaluate = evaluate


def _reduced(function: Any, elements: list[Any]) -> list[Any]:
    return [reduce(function.reduce, elements)] if elements else []


def _aggregated(function: Any, elements: list[Any]) -> list[Any]:
    accumulator = function.create_accumulator()
    for element in elements:
        accumulator = function.add(element, accumulator)
    return [function.get_result(accumulator)]


def window_factory(
    assigner: WindowAssigner[Any, Any],
    trigger: Trigger[Any, Any],
    allowed_lateness: int,
    keep: ReduceFunction | AggregateFunction | None,
    window_function: Function | None,
    of_all: bool,
    job_parameters: Mapping[str, str],
    evictor: Evictor[Any, Any] | None,
) -> Callable[[Subtask], Any]:
    """What the engine calls in each subtask to get the parts of its operator, and how to close its functions."""

    def make(subtask: Subtask) -> Any:
        context = runtime_context(subtask, job_parameters)
        own = [None if function is None else own_copy(function) for function in (keep, window_function)]
        functions = [function for function in own if function is not None]
        for function in functions:
            open_function(function, context, subtask)
        parts = WindowParts()
        parts.assigner, parts.assigner_spec = own_copy(assigner), assigner_spec(assigner)
        parts.trigger, parts.trigger_spec = own_copy(trigger), trigger_spec(trigger)
        parts.allowed_lateness, parts.runtime_context = allowed_lateness, context
        parts.evaluate_by(own[1], of_all)
        if evictor is None:
            parts.keep(own[0])  # type: ignore[arg-type]
        else:
            parts.evict_by(evictor, own[0])  # type: ignore[arg-type]

        def close() -> None:
            for function in functions:
                function.close()

        return [parts], close

    return make
