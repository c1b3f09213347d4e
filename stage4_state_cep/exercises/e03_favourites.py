"""Exercise 4.3: a dictionary that a key keeps."""

from __future__ import annotations

from collections.abc import Iterator

from flott.datastream import KeyedProcessFunction


class Favourite(KeyedProcessFunction):
    """Says when a user's most bought product becomes another one: (user, product).

    A purchase is a tuple (user, product, pieces).

    ``runtime_context.get_map_state(MapStateDescriptor("pieces", Types.STRING(), Types.LONG()))`` counts the pieces of
    each product: ``get(key)``, ``put(key, value)``, ``items()``. A second state, "favourite", remembers what was said
    last. Of two products with equal counts the favourite stays what it was.

    in:  ("ada", "tea", 1), ("ada", "cup", 1), ("ada", "cup", 1), ("ada", "tea", 3)
    out: ("ada", "tea"), ("ada", "cup"), ("ada", "tea")
    """

    def process_element(
        self, value: tuple[str, str, int], ctx: KeyedProcessFunction.Context
    ) -> Iterator[tuple[str, str]] | None:
        raise NotImplementedError("exercise 4.3")
