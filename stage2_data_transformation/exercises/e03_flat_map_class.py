"""Exercise 2.3: one text in, several records out."""

from __future__ import annotations

from collections.abc import Iterator

from flott.datastream import FlatMapFunction


class ReadBatch(FlatMapFunction):
    """A partner sends many orders in one message, a line each: ``order_id;amount``. Yields (order_id, amount in cents).

    Blank lines are passed over, and so are lines that begin with ``#``. Blanks around the parts don't count. Amounts
    have two decimals: 12.50 is 1250 cents, and ``float`` is not the way there (try ``int(1.15 * 100)``).

    in:  "# Monday\\nO1; 12.50\\n\\nO2;1.15"
    out: ("O1", 1250), ("O2", 115)
    """

    def flat_map(self, value: str) -> Iterator[tuple[str, int]]:
        raise NotImplementedError("exercise 2.3")
