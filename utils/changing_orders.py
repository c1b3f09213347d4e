"""Test orders as week 3 gets them: their status changes later on, and some messages come long after their time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from utils.untidy_orders import Untidiness, UntidyOrderGenerator

LATE_BY = (20, 40, 90, 240)
"""How many seconds late a late order is."""


class ChangingOrderGenerator(UntidyOrderGenerator):
    """As its base class, and some messages are about an earlier order, or late.

    :param update_share: how many messages, from 0 to 1, tell of a pending order what has become of it. Where none of
        those that could be meant is pending, the message is a new order.
    :param late_share: how many of the orders have a time further back than that of the messages before them.

    >>> plain = UntidyOrderGenerator(seed=7, untidy_share=0)
    >>> ChangingOrderGenerator(seed=7, untidy_share=0).text(3) == plain.text(3)
    True
    """

    def __init__(
        self,
        seed: int = 42,
        bad_share: float = 0.01,
        untidy_share: float = 0.1,
        update_share: float = 0,
        late_share: float = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, bad_share, untidy_share, **options)
        for name, share in (("update_share", update_share), ("late_share", late_share)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share}; it has to be between 0 and 1")
        self.update_share = update_share
        self.late_share = late_share

    def untidiness(self, index: int) -> Untidiness | None:
        # A message about an order says what has become of it: without a status it would say "pending".
        return None if self._own(index).random() < self.update_share else super().untidiness(index)

    def _order(self, rng: random.Random, index: int) -> dict[str, Any]:
        order = super()._order(rng, index)
        own = self._own(index)
        if own.random() < self.update_share:
            for _ in range(30):
                earlier = self._pending_order(index - own.randrange(10, 200))
                if earlier is not None:
                    # What becomes of an order is settled when it is made: it does not change twice.
                    status = random.Random(earlier["order_id"]).choices(("completed", "failed"), (80, 20))[0]
                    return {**earlier, "status": status, "timestamp": order["timestamp"]}
        if own.random() < self.late_share:
            time = datetime.fromisoformat(order["timestamp"]) - timedelta(seconds=own.choice(LATE_BY))
            order["timestamp"] = time.strftime("%Y-%m-%d %H:%M:%S")
        return order

    def _own(self, index: int) -> random.Random:
        """A sequence of its own, as for untidiness: the orders themselves are those of the base class."""
        return random.Random(-(self.seed << 64) - (1 << 63) - index)

    def _pending_order(self, index: int) -> dict[str, Any] | None:
        """Order ``index``, if it is a new one that can be read, and pending."""
        if index < 0 or self.kind(index) is not None or self._own(index).random() < self.update_share:
            return None
        rng = self._random(index)
        self._choose_kind(rng)
        order = super()._order(rng, index)
        return order if order["status"] == "pending" else None
