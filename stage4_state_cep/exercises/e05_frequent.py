"""Exercise 4.5: too many in too short a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flott.datastream import KeyedProcessFunction


class Alerts(KeyedProcessFunction):
    """Watches the orders of each user, and yields ("large", order_id) and ("frequent", order_id).

    - large: the amount is above 10000; 10000 itself is not.
    - frequent: with this order, the user has placed more than 5 within the last minute: those whose times are later
      than this one's minus 60000 ms. The sixth is told, and each further one too, as long as that is so.

    An order is a tuple (user, order_id, amount), its timestamp says when it was placed, and orders come in that order.
    An order that is both is told twice, first "large". Keep the times in a list state "times" (LONG), and none that is
    older than a minute.

    in:  six orders of one user, a second apart
    out: ("frequent", the sixth)
    """

    def process_element(self, value: tuple[str, str, int], ctx: KeyedProcessFunction.Context) -> Iterator[Any] | None:
        raise NotImplementedError("exercise 4.5")
