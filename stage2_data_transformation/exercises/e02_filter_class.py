"""Exercise 2.2: a filter with a parameter."""

from __future__ import annotations

from typing import Any

from flott.datastream import FilterFunction


class AmountBetween(FilterFunction):
    """Keeps orders whose amount is from ``least`` to ``most``, both included; an order without an amount is left out.

    What a function needs to know is given to its ``__init__`` and kept in ``self``: each subtask gets a copy of the
    object.

    in:  {"amount": 10}, {"amount": 200}, {}, with AmountBetween(10, 100)
    out: {"amount": 10}
    """

    def __init__(self, least: float, most: float) -> None:
        raise NotImplementedError("exercise 2.2")

    def filter(self, value: dict[str, Any]) -> bool:
        raise NotImplementedError("exercise 2.2")
