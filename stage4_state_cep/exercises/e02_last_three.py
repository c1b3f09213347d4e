"""Exercise 4.2: a list that a key keeps."""

from __future__ import annotations

from collections.abc import Iterator

from flott.datastream import KeyedProcessFunction


class LastThree(KeyedProcessFunction):
    """With each order of a user, the sum of the last three, or of as many as there are. An order is (user, cents).

    ``runtime_context.get_list_state(ListStateDescriptor("last", Types.LONG()))``: ``get()`` gives what is there,
    ``add(x)`` appends, ``update([...])`` replaces all of it. Keep three amounts, not all of them: state that only grows
    is a job that dies one night.

    in:  ("ada", 1), ("ada", 2), ("ada", 4), ("ada", 8)
    out: ("ada", 1), ("ada", 3), ("ada", 7), ("ada", 14)
    """

    def process_element(
        self, value: tuple[str, int], ctx: KeyedProcessFunction.Context
    ) -> Iterator[tuple[str, int]] | None:
        raise NotImplementedError("exercise 4.2")
