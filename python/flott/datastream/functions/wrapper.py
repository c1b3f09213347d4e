"""Turns what a user hands to an operator into a function, or says at once what is wrong with it.

The check runs when the job is built, so that a wrong number of arguments shows there and not in the middle of
the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from flott.datastream.functions._results import check_one_result
from flott.datastream.functions.base import (
    FilterFunction,
    FlatMapFunction,
    Function,
    KeySelector,
    MapFunction,
    Partitioner,
    ReduceFunction,
)
from flott.datastream.functions.join import CoGroupFunction, JoinFunction

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FunctionWrapper", "ReduceFunctionWrapper", "as_function"]

F = TypeVar("F", bound=Function)

_VARARGS, _GENERATOR_COROUTINES = 0x04, 0x80 | 0x200


class FunctionWrapper(Function):
    """A lambda or a plain function in the place of a :class:`Function`.

    The method it stands for is an attribute of the instance that is the user's own callable, so a call costs
    what a call of it costs.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        self._func = func

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self._func, '__qualname__', self._func)})"


class MapFunctionWrapper(FunctionWrapper, MapFunction):
    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func)
        self.__dict__["map"] = func

    def map(self, value: Any) -> Any:
        return self._func(value)


class FlatMapFunctionWrapper(FunctionWrapper, FlatMapFunction):
    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func)
        self.__dict__["flat_map"] = func

    def flat_map(self, value: Any) -> Any:
        return self._func(value)


class FilterFunctionWrapper(FunctionWrapper, FilterFunction):
    def __init__(self, func: Callable[[Any], bool]) -> None:
        super().__init__(func)
        self.__dict__["filter"] = func

    def filter(self, value: Any) -> Any:
        return self._func(value)


class ReduceFunctionWrapper(FunctionWrapper, ReduceFunction):
    """A lambda or a plain function in the place of a :class:`ReduceFunction`."""

    def __init__(self, func: Callable[[Any, Any], Any]) -> None:
        super().__init__(func)
        self.__dict__["reduce"] = func

    def reduce(self, value1: Any, value2: Any) -> Any:
        return self._func(value1, value2)


class KeySelectorWrapper(FunctionWrapper, KeySelector):
    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func)
        self.__dict__["get_key"] = func

    def get_key(self, value: Any) -> Any:
        return self._func(value)


class PartitionerWrapper(FunctionWrapper, Partitioner):
    def __init__(self, func: Callable[[Any, int], int]) -> None:
        super().__init__(func)
        self.__dict__["partition"] = func

    def partition(self, key: Any, num_partitions: int) -> int:
        return cast("int", self._func(key, num_partitions))


class JoinFunctionWrapper(FunctionWrapper, JoinFunction):
    def __init__(self, func: Callable[[Any, Any], Any]) -> None:
        super().__init__(func)
        self.__dict__["join"] = func

    def join(self, first: Any, second: Any) -> Any:
        return self._func(first, second)


class CoGroupFunctionWrapper(FunctionWrapper, CoGroupFunction):
    def __init__(self, func: Callable[[Any, Any], Any]) -> None:
        super().__init__(func)
        self.__dict__["co_group"] = func

    def co_group(self, first: list[Any], second: list[Any]) -> Any:
        return self._func(first, second)


_WRAPPERS: dict[type[Function], type[FunctionWrapper]] = {
    MapFunction: MapFunctionWrapper,
    FlatMapFunction: FlatMapFunctionWrapper,
    FilterFunction: FilterFunctionWrapper,
    ReduceFunction: ReduceFunctionWrapper,
    KeySelector: KeySelectorWrapper,
    Partitioner: PartitionerWrapper,
    JoinFunction: JoinFunctionWrapper,
    CoGroupFunction: CoGroupFunctionWrapper,
}


def as_function(func: Any, base: Callable[..., F], operation: str) -> F:
    """``func`` as a function of class ``base``.

    :param func: an instance of ``base`` or, where ``base`` allows it, anything callable
    :param operation: the operator it was given to, for messages: ``map()``
    :raises TypeError: saying what to give instead, or which method takes a wrong number of arguments
    """
    kind = cast("type[Function]", base)  # a `type[F]` would not take an abstract class
    if isinstance(func, kind):
        for method, arguments in kind._CALLED_WITH.items():
            if not isinstance(func, FunctionWrapper):
                called, what = getattr(func, method), f"{operation}: {type(func).__name__}.{method}"
                check_call(called, arguments, what)
                check_one_result(called, method, what)
        return cast("F", func)
    wrong = func
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    if isinstance(func, type) and issubclass(func, Function):
        if issubclass(func, kind):
            raise TypeError(
                f"{operation} takes {article} {kind.__name__} object, not the class; make one: {func.__name__}()"
            )
        func = func.__name__
    elif isinstance(func, Function):
        func = type(func).__name__
    elif callable(func):
        if kind._LAMBDA_FOR is not None:
            what = f"{operation}: {describe(func)}"
            check_call(func, kind._CALLED_WITH[kind._LAMBDA_FOR], what)
            check_one_result(func, kind._LAMBDA_FOR, what)
            return cast("F", _WRAPPERS[kind](func))
        methods = ", ".join(
            f"{name}(self{''.join(', ' + a for a in args)})" for name, args in kind._CALLED_WITH.items()
        )
        raise TypeError(
            f"{operation} takes an object of a class that extends {kind.__name__}, not {describe(func)}; "
            f"write the class with {methods}"
        )
    else:
        func = repr(func)
    given = f"takes {article} {kind.__name__}" + (" or a function" if kind._LAMBDA_FOR is not None else "")
    hint = _elsewhere(wrong)
    if kind is KeySelector and isinstance(wrong, int):
        hint = f"; write lambda value: value[{wrong}]"
    raise TypeError(f"{operation} {given}, not {func}{hint}")


def _elsewhere(func: Any) -> str:
    """Where a function of another class belongs, by the names of its class."""
    for name, place in _PLACES.items():
        if any(base.__name__ == name for base in type(func).__mro__):
            return f"; a {name} goes to {place}"
    return ""


#: Keyed ones first: they have names of their own.
_PLACES = {
    "KeyedBroadcastProcessFunction": "stream.key_by(...).connect(other.broadcast(descriptor)).process()",
    "BroadcastProcessFunction": "stream.connect(other.broadcast(descriptor)).process()",
    "KeyedCoProcessFunction": "stream.connect(other).key_by(...).process()",
    "CoProcessFunction": "stream.connect(other).process()",
    "KeyedProcessFunction": "stream.key_by(...).process()",
    "ProcessFunction": "a stream without keys: here extend KeyedProcessFunction",
    "CoMapFunction": "stream.connect(other).map()",
    "CoFlatMapFunction": "stream.connect(other).flat_map()",
    "ProcessJoinFunction": "stream.key_by(...).interval_join(other.key_by(...)).between(...).process()",
    "JoinFunction": "stream.join(other).where(...).equal_to(...).window(...).apply()",
    "FlatJoinFunction": "stream.join(other).where(...).equal_to(...).window(...).apply()",
    "CoGroupFunction": "stream.co_group(other).where(...).equal_to(...).window(...).apply()",
}


def describe(func: Any) -> str:
    """A function as messages name it: ``parse (job.py:12)``."""
    name = getattr(func, "__name__", type(func).__name__)
    code = getattr(func, "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"{'the lambda' if name == '<lambda>' else name}{where}"


def check_call(func: Any, arguments: tuple[str, ...], what: str) -> None:
    """Raises TypeError if ``func`` cannot be called with that many positional arguments.

    Looks at code objects by itself: the ``inspect`` module takes longer to load than the rest of this package.
    """
    given = len(arguments)
    while True:
        if hasattr(func, "__wrapped__"):
            return  # a decorator may pass on other arguments than it takes
        if hasattr(func, "__func__"):
            given += getattr(func, "__self__", None) is not None
            func = func.__func__
        elif type(func).__name__ == "partial" and hasattr(func, "func"):
            if func.keywords:
                return
            given += len(func.args)
            func = func.func
        elif not hasattr(func, "__code__") and hasattr(type(func).__call__, "__code__"):
            func = type(func).__call__
            given += 1
        else:
            break
    code = getattr(func, "__code__", None)
    if code is None:
        return  # written in C: it says so itself when called
    if code.co_flags & _GENERATOR_COROUTINES:
        raise TypeError(f"{what} is an async function, which a stream cannot call; make it a plain one")
    required = code.co_argcount - len(func.__defaults__ or ())
    most = code.co_argcount
    keyword_only = [
        name
        for name in code.co_varnames[most : most + code.co_kwonlyargcount]
        if name not in (func.__kwdefaults__ or {})
    ]
    too_many = given > most and not code.co_flags & _VARARGS
    if given >= required and not too_many and not keyword_only:
        return
    names = [name for name in code.co_varnames[:most] if name != "self"]
    takes = ", ".join([*names, *(f"*, {name}" for name in keyword_only)]) or "nothing"
    text = f"{what} takes {takes}; it is called with {', '.join(arguments) or 'nothing'}"
    if arguments == ("value",) and len(names) > 1 and "self" not in code.co_varnames[:1]:
        text += f": a record is one value, and {', '.join(f'value[{at}]' for at in range(len(names)))} are its parts"
    if any(name in ("out", "collector", "output") for name in names):
        text += "; emit records with 'yield value', and to a side output with 'yield tag, value'"
    raise TypeError(text)
