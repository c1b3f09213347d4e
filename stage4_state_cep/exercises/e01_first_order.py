"""Exercise 4.1: a value that a key keeps."""

from __future__ import annotations

from collections.abc import Iterator

from flott.datastream import KeyedProcessFunction


class FirstOrder(KeyedProcessFunction):
    """Lets each user's first order pass, and drops the others.

    An order is a tuple (user, order_id); the stream is keyed by user.

    ``open(self, runtime_context)`` gets the state: ``runtime_context.get_state(ValueStateDescriptor("seen",
    Types.BOOLEAN()))``. ``value()`` is what the key of the present record has there, None before the first
    ``update(...)``. A plain attribute such as ``self.seen`` would be shared by all users, and gone after a crash.

    in:  ("ada", "O1"), ("bob", "O2"), ("ada", "O3")
    out: ("ada", "O1"), ("bob", "O2")

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/
    """

    def process_element(
        self, value: tuple[str, str], ctx: KeyedProcessFunction.Context
    ) -> Iterator[tuple[str, str]] | None:
        raise NotImplementedError("exercise 4.1")
