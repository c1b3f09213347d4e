"""The functions of matches in one form: what `select`, `flat_select` and `process` come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.cep.functions import (
    PatternFlatSelectFunction,
    PatternFlatTimeoutFunction,
    PatternProcessFunction,
    PatternSelectFunction,
    PatternTimeoutFunction,
    TimedOutPartialMatchHandler,
)
from flott.datastream.functions.base import Function
from flott.datastream.functions.wrapper import as_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Call = Callable[[dict[str, list[Any]], Any], Iterable[Any] | None]

__all__ = ["Matches"]

_SELECT: dict[str, tuple[Any, str, Any]] = {
    "select": (PatternSelectFunction, "select", PatternTimeoutFunction),
    "flat_select": (PatternFlatSelectFunction, "flat_select", PatternFlatTimeoutFunction),
}


class Matches:
    """What is called with matches, and with partial matches that ran out of time."""

    def __init__(self, function: Any, method: str, one: bool, timeout: Any = None, tag: Any = None) -> None:
        """:param one: whether the function returns one result, rather than any number"""
        self._function, self._method, self._one, self._timeout, self._tag = function, method, one, timeout, tag

    @staticmethod
    def processed(function: Any) -> Matches:
        """Those of ``process(function)``."""
        made = as_function(function, PatternProcessFunction, "process()")
        timeout = made if isinstance(function, TimedOutPartialMatchHandler) else None
        return Matches(made, "process_match", False, timeout)

    @staticmethod
    def selected(call: str, given: tuple[Any, ...]) -> Matches:
        """Those of ``select(...)`` or ``flat_select(...)``.

        :raises TypeError: if they are not what that call takes
        """
        base, method, timeout_base = _SELECT[call]
        if len(given) == 1:
            return Matches(_function(given[0], base, f"{call}()"), method, call == "select")
        if len(given) != 3 or not hasattr(given[0], "tag_id"):
            raise TypeError(f"{call}() takes a function, or an OutputTag, a timeout function and a function")
        tag, timeout, function = given
        timeout = _function(timeout, timeout_base, f"{call}()")
        return Matches(_function(function, base, f"{call}()"), method, call == "select", timeout, tag)

    def functions(self) -> list[Any]:
        """The function objects, to be copied and opened in each subtask."""
        return [each for each in (self._function, self._timeout) if isinstance(each, Function)]

    def calls(self, own: Callable[[Any], Any]) -> tuple[Call, Call | None]:
        """What is called with ``(match, ctx)`` and yields, for matches and for those out of time.

        :param own: gives the subtask's own copy of a function
        """
        function, timeout = own(self._function), own(self._timeout)
        process = getattr(function, self._method, function)
        if self._method != "process_match":
            process = _each(process, self._one)
        if timeout is None:
            return process, None
        if self._tag is None:
            return process, timeout.process_timed_out_match
        return process, _timed(getattr(timeout, "timeout", timeout), self._one, self._tag)


def _function(given: Any, base: Any, call: str) -> Any:
    """A function object of that class, or a plain callable."""
    if isinstance(given, (Function, type)) or not callable(given):
        return as_function(given, base, call)
    return given


def _each(select: Callable[[Any], Any], one: bool) -> Call:
    return (lambda match, ctx: (select(match),)) if one else (lambda match, ctx: select(match))


def _timed(timeout: Callable[[Any, int], Any], one: bool, tag: Any) -> Call:
    if one:
        return lambda match, ctx: ((tag, timeout(match, ctx.timestamp())),)
    return lambda match, ctx: ((tag, result) for result in timeout(match, ctx.timestamp()) or ())
