"""Conditions of a pattern's events.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/#conditions
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast

from flott.datastream.functions.base import Function

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott.datastream.functions.context import RuntimeContext

__all__ = ["IterativeCondition", "RichIterativeCondition", "SimpleCondition"]


class IterativeCondition:
    """A condition that may look at the events matched so far::

    class Rising(IterativeCondition):
        def filter(self, value, ctx):
            return all(value.price > before.price for before in ctx.get_events_for_pattern("rising"))

    A function ``(event, ctx)`` does the same. It is evaluated once for each event and each partial match that needs
    it; one that takes the event alone, once for each event.
    """

    class Context:
        """What a condition can ask; good during the call."""

        @abstractmethod
        def get_events_for_pattern(self, name: str) -> list[Any]:
            """The events that the partial match has under that pattern, in their order; an empty list without any."""

        @abstractmethod
        def timestamp(self) -> int:
            """The event's time in ms since 1970 UTC: its timestamp, or when it came in processing time."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """The machine's clock in ms since 1970 UTC."""

    @abstractmethod
    def filter(self, value: Any, ctx: IterativeCondition.Context) -> bool:
        """Whether the event belongs to the pattern."""
        raise NotImplementedError


class RichIterativeCondition(IterativeCondition, Function):
    """An iterative condition with ``open`` and ``close``, and the runtime context."""

    _runtime_context: RuntimeContext | None = None

    def open(self, runtime_context: RuntimeContext) -> None:
        """Called once in each subtask before the first event."""
        self._runtime_context = runtime_context

    def get_runtime_context(self) -> RuntimeContext:
        """What ``open`` was given; an overriding ``open`` calls ``super().open(runtime_context)`` for it.

        :raises RuntimeError: before that
        """
        if self._runtime_context is None:
            raise RuntimeError("the runtime context is there once open() has been called")
        return self._runtime_context


class SimpleCondition:
    """A condition of the event alone. A function ``(event)`` does the same."""

    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Whether the event belongs to the pattern."""
        raise NotImplementedError

    @staticmethod
    def of(function: Callable[[Any], bool]) -> SimpleCondition:
        """A function as a condition."""
        return _Of(function)


class _Of(SimpleCondition):
    def __init__(self, function: Callable[[Any], bool]) -> None:
        self._function = function

    def filter(self, value: Any) -> bool:
        return self._function(value)


class SubtypeCondition(SimpleCondition):
    """Whether the event is an object of a class, or of one that extends it."""

    def __init__(self, subtype: type) -> None:
        self._subtype = subtype

    def filter(self, value: Any) -> bool:
        return isinstance(value, self._subtype)


#: What the engine is given: Python's side, whether it takes the context, an expression as JSON, and its text.
Given = tuple[Any, bool, "str | None", str]


def given_condition(condition: Any, call: str) -> Given:
    """A condition as the engine takes it.

    :param call: where it was given, for messages: ``where()``
    :raises TypeError: if it is no condition, or takes a wrong number of arguments
    """
    if hasattr(condition, "_to_json"):
        from json import dumps

        return None, False, dumps(condition._to_json()), str(condition)
    if isinstance(condition, (SimpleCondition, IterativeCondition)):
        return condition, isinstance(condition, IterativeCondition), None, _text(condition)
    if isinstance(condition, type) and issubclass(condition, (SimpleCondition, IterativeCondition)):
        raise TypeError(f"{call} takes an object, not the class; make one: {condition.__name__}()")
    if not callable(condition):
        raise TypeError(
            f"{call} takes a function of the event, or of (event, ctx), a condition, or an expression such as "
            f"col('amount') > 0; not {condition!r}"
        )
    return condition, _takes_context(condition, call), None, _text(condition)


def _takes_context(function: Callable[..., Any], call: str) -> bool:
    """Whether a function is called with the event and the context; with the event alone otherwise."""
    from inspect import Parameter, signature

    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):
        return False  # a built-in without a signature: one argument is what predicates take
    positional = [p for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    needed = sum(p.default is Parameter.empty for p in positional)
    several = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    keywords = [p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY and p.default is Parameter.empty]
    if needed > 2 or (not positional and not several) or keywords:
        raise TypeError(f"{call}: {_text(function)} must take the event, or (event, ctx)")
    return needed == 2 or (needed == 0 and not positional and several)


def _text(condition: Any) -> str:
    """How a condition is called in ``explain()``."""
    if isinstance(condition, SubtypeCondition):
        return f"subtype {condition._subtype.__name__}"
    if isinstance(condition, _Of):
        return _text(condition._function)
    code = getattr(condition, "__code__", None)
    if code is None:
        return cast("str", getattr(condition, "__name__", type(condition).__name__))
    if condition.__name__ != "<lambda>":
        return cast("str", condition.__name__)
    return f"lambda ({code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{code.co_firstlineno})"
