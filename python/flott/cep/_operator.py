"""A pattern as an operator of the engine: the plan, and what a subtask is given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flott.cep.conditions import IterativeCondition, RichIterativeCondition, SimpleCondition
from flott.datastream._calls import own_copy, runtime_context
from flott.datastream._columns import columns_type, conform
from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flott._flott import ColumnsType, Graph, Subtask
    from flott.cep._matches import Matches
    from flott.cep.pattern import Pattern
    from flott.cep.pattern_stream import PatternStream
    from flott.common.typeinfo import TypeInformation
    from flott.datastream._calls import Opened
    from flott.datastream._transformation import Transformation
    from flott.datastream.data_stream import DataStream

__all__ = ["callables", "has_expressions", "operator"]


def operator(of: PatternStream, matches: Matches, output_type: TypeInformation | None) -> DataStream:
    """The stream of the results."""
    from flott._flott import CepPlan
    from flott.datastream.keyed_stream import KeyedStream

    stream, columns = _with_columns(of._input, of._pattern)
    plan = CepPlan(of._pattern._native, columns)
    env = stream._env
    make = _factory(plan.conditions, matches, of._comparator, env._job_parameters())
    tag = None if of._late_data_output_tag is None else of._late_data_output_tag.tag_id
    clock = (of._event_time, of._comparator is not None)

    def add(graph: Graph, own: Transformation) -> int:
        return graph.add_cep(own.name, plan, make, clock, tag, conform(output_type), own.conform_sides())

    made = stream._next("CEP", add, output_type)
    return made if isinstance(stream, KeyedStream) else made.force_non_parallel()


def _with_columns(stream: DataStream, pattern: Pattern) -> tuple[DataStream, ColumnsType | None]:
    """The stream, in columns where conditions are expressions.

    :raises TypeError: if it has none, saying what to declare
    """
    from flott.datastream.keyed_stream import KeyedStream

    if stream._columns is not None or not has_expressions(pattern):
        return stream, stream._columns
    if isinstance(stream, KeyedStream):
        raise TypeError(
            "a condition is an expression, and the stream is keyed by a Python function: declare the stream's fields "
            "and key it by one of them, key_by('user'), or write the condition as a Python function"
        )
    return stream._to_columns(columns_type(stream._type, "a condition that is an expression"))


def has_expressions(pattern: Pattern) -> bool:
    """Whether a condition of the pattern is an expression."""
    for call, arguments in pattern._calls:
        given: Any = arguments[0] if arguments else None
        if call in ("where", "or_", "until") and hasattr(given, "_to_json"):
            return True
        if hasattr(given, "_calls") and has_expressions(given):
            return True
    return False


def callables(
    conditions: Sequence[Any], open_with: Any, copies: Callable[[Any], Any] = own_copy
) -> tuple[list[Callable[..., bool] | None], list[Function]]:
    """For each condition what is called, and the function objects that were opened and are to be closed."""
    made: list[Callable[..., bool] | None] = []
    opened: list[Function] = []
    for condition in conditions:
        if not isinstance(condition, (SimpleCondition, IterativeCondition)):
            made.append(condition)
            continue
        own = copies(condition)
        if isinstance(own, RichIterativeCondition):
            own.open(open_with)
            opened.append(own)
        made.append(own.filter)
    return made, opened


def _factory(
    conditions: Sequence[Any],
    matches: Matches,
    comparator: Callable[[Any, Any], int] | None,
    job_parameters: Mapping[str, str],
) -> Callable[[Subtask], Opened]:
    def make(subtask: Subtask) -> Opened:
        context = runtime_context(subtask, job_parameters)
        called, opened = callables(conditions, context)
        copies: dict[int, Any] = {}

        def own(function: Any) -> Any:
            if not isinstance(function, Function):
                return function
            if id(function) not in copies:
                copies[id(function)] = own_copy(function)
                copies[id(function)].open(context)
                opened.append(copies[id(function)])
            return copies[id(function)]

        process, timed_out = matches.calls(own)
        parts = SimpleNamespace(conditions=called, process=process, timed_out=timed_out, comparator=comparator)

        def close() -> None:
            for function in opened:
                function.close()

        return [parts], close  # type: ignore[list-item]

    return make
