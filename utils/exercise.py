"""What the tests of the exercises share: a failure shows what went in, what should come out, what came, and an idea.

The exercises are in the folder ``exercises`` of each week; ``flott learn`` shows the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from pprint import pformat
from typing import Any

import pytest

from flott.datastream import DataStream


def expect(got: Any, expected: Any, given: Any, idea: str) -> None:
    """Fails the test unless the solution gave what it should.

    :param given: what the solution was given, for a person to read.
    :param idea: what to look up, or to think about.
    """
    if got == expected and type(got) is type(expected):
        return
    parts = {"input": given, "expected": expected, "got": got}
    lines = [f"{name + ':':<10}{_shown(value)}" for name, value in parts.items()]
    pytest.fail("\n".join(["this is not it yet", *lines, f"{'idea:':<10}{idea}"]), pytrace=False)


def build(function: Callable[..., Any], *arguments: Any) -> DataStream:
    """The stream that a solution makes of other streams.

    A solution that returns nothing fails here, with a sentence in place of a stack of lines.
    """
    made = function(*arguments)
    if not isinstance(made, DataStream):
        name = getattr(function, "__name__", repr(function))
        pytest.fail(
            f"{name}() has to return a stream, and returned {made!r}\n"
            f"idea:     each operator returns a new stream: return orders.map(...)",
            pytrace=False,
        )
    return made


def _shown(value: Any) -> str:
    """A value on one line where it fits, on indented lines otherwise."""
    text = value if isinstance(value, str) else pformat(value, width=100, sort_dicts=False)
    return text.replace("\n", "\n" + " " * 10)
