"""Finds, while the job is built, a function that cannot give back what its operator needs.

Only what is certain counts: a function that may return a value, or that was decorated, passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_one_result", "check_returns", "is_generator", "results_of"]

_GENERATOR, _COROUTINES = 0x20, 0x80 | 0x200

#: Methods that must return a value, and what comes of it when they do not.
_NEEDED = {
    "filter": "so it would keep no record",
    "get_key": "so every record would have the key None",
    "reduce": "so what a key has so far would be lost",
    "partition": "so no subtask would be chosen",
    "add": "so what was added up would be lost",
    "get_result": "so there would be no result",
}
#: Methods that may return None, but not a generator.
_ONE_RESULT = ("map", "map1", "map2", *_NEEDED)
_MANY_RESULTS = ("flat_map", "flat_map1", "flat_map2")


def check_one_result(func: Any, method: str, what: str) -> None:
    """Raises TypeError if ``func``, called as that method, yields where it must return, or never returns a value.

    :param what: how to call it: ``filter(): is_valid (job.py:12)``
    """
    if method in _MANY_RESULTS:
        code = _code(func)
        if code is not None and not code.co_flags & _GENERATOR and _returns_text(func):
            raise TypeError(f"{what} is said to return a str, which would fall apart into characters: return [text]")
        return
    if method not in _ONE_RESULT:
        return
    code = _code(func)
    if code is not None and code.co_flags & _GENERATOR:
        instead = "return the result"
        if method.startswith("map"):
            instead = "return one record, or use flat_map() for several"
        raise TypeError(f"{what} contains yield, so that each call gives a generator: {instead}")
    if method in _NEEDED:
        check_returns(func, what, _NEEDED[method])


def check_returns(func: Any, what: str, so: str) -> None:
    """Raises TypeError if ``func`` never returns a value."""
    code = _code(func)
    if code is not None and not code.co_flags & _GENERATOR and _returns_only_none(code):
        raise TypeError(f"{what} never returns a value, {so}: is a 'return' missing?")


def is_generator(func: Any) -> bool:
    """Whether it is certain that ``func`` contains yield."""
    code = _code(func)
    return code is not None and bool(code.co_flags & _GENERATOR)


def results_of(results: Any, method: str) -> Iterable[Any]:
    """What a method has yielded or returned while the job runs; None stands for nothing.

    :raises TypeError: if it is a text, which would fall apart, or can't be iterated over
    """
    if results is None:
        return ()
    if isinstance(results, (str, bytes)) or not hasattr(results, "__iter__"):
        raise TypeError(
            f"{method} must yield its results or return an iterable of them (None for none), not {results!r}"
        )
    return cast("Iterable[Any]", results)


def _code(func: Any) -> Any:
    """The code that a call of ``func`` runs; None where that is not certain."""
    for _ in range(10):
        if hasattr(func, "__wrapped__"):
            return None  # a decorator may return something else
        if hasattr(func, "__func__"):
            func = func.__func__
        elif type(func).__name__ == "partial" and hasattr(func, "func"):
            func = func.func
        elif not hasattr(func, "__code__") and hasattr(type(func).__call__, "__code__"):
            func = type(func).__call__
        else:
            break
    code = getattr(func, "__code__", None)
    # a lambda that gives None says so
    return None if code is None or code.co_flags & _COROUTINES or code.co_name == "<lambda>" else code


def _returns_text(func: Any) -> bool:
    return getattr(func, "__annotations__", {}).get("return") in (str, "str")


def _returns_only_none(code: Any) -> bool:
    """Whether the code can return, and each of its returns is one of the constant None."""
    from opcode import opmap

    returns, load = opmap["RETURN_VALUE"], opmap["LOAD_CONST"]
    returns_constant = opmap.get("RETURN_CONST")  # Python 3.12 and 3.13
    bytecode, found = code.co_code, []
    for at in range(0, len(bytecode), 2):
        operation = bytecode[at]
        if operation == returns:
            loaded = at - 2
        elif operation == returns_constant:
            loaded = at
        else:
            continue
        wide = loaded >= 2 and bytecode[loaded - 2] == opmap["EXTENDED_ARG"]
        if loaded < 0 or wide or bytecode[loaded] not in (load, returns_constant):
            return False
        if code.co_consts[bytecode[loaded + 1]] is not None:
            return False
        if operation == returns:
            found.append(at)
    if not found:
        return returns_constant is not None and returns_constant in bytecode[::2]
    from dis import findlabels

    # `return x or None` jumps to its return with x at hand
    return not set(found) & set(findlabels(bytecode))
