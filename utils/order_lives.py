"""Test messages as week 4 gets them: orders that are created, paid, shipped and completed, some of them in odd ways.

Every message tells one step of one order. What is odd is put in on purpose and written down here, so that a test can
say what has to be found without knowing how it is looked for.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from utils.order_models import Reason

_START = datetime(2024, 1, 1, 10, 0, 0)
_EVERY = timedelta(seconds=3)
_LATE_BY = timedelta(minutes=20)
_USERS = 997
"""An ordinary user orders again after 997 * 3 s: that is no run."""


class Oddity(str, Enum):
    """What is odd about an order, or about a user's orders, on purpose."""

    LARGE = "one order over 10000"
    BURST = "a user with more than 5 orders in a minute"
    RUN = "a user who orders again and again"
    UNPAID = "never paid"
    PAID_LATE = "paid after more than 30 minutes"
    UNPAID_AND_SHIPPED = "shipped without being paid"
    PAID_TWICE = "paid twice"
    PAID_AFTER_SHIPPING = "paid again after it was shipped"
    CANCELLED_IN_THE_END = "cancelled after it was completed"
    NEVER_CREATED = "paid and shipped, but never created"


Found = tuple[str, str, datetime]
"""An anomaly by what tells it from others: order, kind, time."""

Change = tuple[str, str | None, str, datetime]
"""A step that is allowed: order, from (None for a new one), to, time."""

_Step = tuple[str, int, bool]
"""A status, how many seconds after the order was placed, and whether it is allowed."""


@dataclass(frozen=True)
class _Message:
    order_id: str
    user_id: str
    cents: int
    status: str
    time: datetime

    def fields(self) -> dict[str, Any]:
        return {
            "order_id": self.order_id,
            "user_id": self.user_id,
            "amount": self.cents / 100,
            "status": self.status,
            "timestamp": f"{self.time:%Y-%m-%d %H:%M:%S}",
        }


class OrderLives:
    """The messages of some orders, in the order in which they are sent, and all that is odd about them.

    :param orders: how many orders; a burst or a run of a user may add a few.
    :param seed: the same seed makes the same messages.
    :param odd_share: how many of the orders, from 0 to 1, are odd in one of the ways of :class:`Oddity`.
    :param bad_share: how many messages, beside those, are broken.
    :param repeat_share: how many messages are sent twice.
    :param late_share: how many messages are sent once more 20 minutes later, while orders are still coming.

    >>> lives = OrderLives(orders=50, seed=7)
    >>> lives.texts == OrderLives(orders=50, seed=7).texts
    True
    """

    def __init__(
        self,
        orders: int = 3000,
        seed: int = 42,
        odd_share: float = 0.1,
        bad_share: float = 0.01,
        repeat_share: float = 0.02,
        late_share: float = 0.005,
    ) -> None:
        if orders < 1:
            raise ValueError(f"orders is {orders}; there has to be at least one")
        shares = {"odd": odd_share, "bad": bad_share, "repeat": repeat_share, "late": late_share}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name}_share is {share}; it has to be between 0 and 1")
        self._rng = random.Random(seed)
        self._messages: list[_Message] = []
        self._orders = 0
        self.odd: Counter[Oddity] = Counter()
        self.anomalies: set[Found] = set()
        self.changes: set[Change] = set()
        self.rejected: Counter[Reason] = Counter()
        self.repeated = 0
        self.late = 0
        while self._orders < orders:
            if self._rng.random() < odd_share:
                oddity = self._rng.choice(tuple(Oddity))
                self.odd[oddity] += 1
                self._add_odd(oddity)
            else:
                self._add(self._an_amount(), self._ordinary())
        self.anomalies |= self._rising()
        self.texts = self._in_the_order_of_sending(bad_share, repeat_share, late_share)

    def text(self, index: int) -> str:
        """Message ``index``."""
        return self.texts[index]

    def kinds(self) -> Counter[str]:
        """How many anomalies there are of each kind."""
        return Counter(kind for _, kind, _ in self.anomalies)

    def _ordinary(self) -> list[_Step]:
        """A life without anything odd, sometimes close to it."""
        paid = self._rng.choice((1800, *self._rng.sample(range(60, 1800), 9)))
        shipped = paid + self._rng.randrange(600, 3600)
        lives: tuple[list[_Step], ...] = (
            [("CREATED", 0, True), ("CANCELLED", paid, True)],
            [("CREATED", 0, True), ("PAID", paid, True), ("CANCELLED", shipped, True)],
            [("CREATED", 0, True), *_goes_well(paid, shipped)],
        )
        return self._rng.choices(lives, (6, 4, 90))[0]

    def _an_amount(self) -> int:
        """In cents; 10000.00 is not yet a large one."""
        return self._rng.choice((1_000_000, *self._rng.choices(range(199, 200_000), k=40)))

    def _add(self, cents: int, steps: list[_Step], user: str | None = None, after: int = 0) -> str:
        """Adds an order; all of its steps but those that are not allowed change it.

        :param user: whose it is; an ordinary user's unless it is said.
        :param after: how many seconds after its turn it is placed.
        """
        number = self._orders
        self._orders += 1
        order_id = f"O{number + 1:07d}"
        placed = _START + number * _EVERY + timedelta(seconds=after)
        status: str | None = None
        for to, seconds, allowed in steps:
            time = placed + timedelta(seconds=seconds)
            self._messages.append(_Message(order_id, user or f"U{number % _USERS:04d}", cents, to, time))
            if allowed:
                self.changes.add((order_id, status, to, time))
                status = to
            else:
                self.anomalies.add((order_id, "illegal_transition", time))
        paid = [seconds for to, seconds, _ in steps if to in ("PAID", "CANCELLED")]
        if steps[0][0] == "CREATED" and (not paid or paid[0] > 1800):
            self.anomalies.add((order_id, "payment_timeout", placed + timedelta(minutes=30)))
        if cents > 1_000_000:
            self.anomalies.add((order_id, "large_order", placed))
        return order_id

    def _add_odd(self, oddity: Oddity) -> None:
        rng = self._rng
        if oddity is Oddity.LARGE:
            self._add(rng.choice((1_000_001, rng.randrange(1_000_001, 5_000_000))), self._ordinary())
        elif oddity is Oddity.BURST:
            after = sorted(rng.sample(range(60), rng.randint(6, 9)))
            self._add_several([second - after[0] for second in after], frequent_from=5)
        elif oddity is Oddity.RUN:
            # Six orders, the sixth a minute after the first, are not more than five in a minute; 600 s end no run.
            gaps = rng.choice(([10, 10, 10, 10, 20], [600, 600], rng.choices(range(61, 600), k=rng.randint(2, 4))))
            self._add_several([sum(gaps[:n]) for n in range(len(gaps) + 1)])
        else:
            self._add(self._an_amount(), _ODD_LIVES[oddity](rng.randrange(60, 1700)))

    def _add_several(self, after: list[int], frequent_from: int | None = None) -> None:
        """A user's orders, so many seconds after the first of them; a run, and too many from one of them on."""
        first, user = self._orders, f"U{10_000 + self._orders}"
        cents = [self._an_amount() for _ in after]
        for n, seconds in enumerate(after):
            # each further one would have its turn three seconds later
            shift = seconds - n * int(_EVERY.total_seconds())
            order_id = self._add(cents[n], self._ordinary(), user, shift)
            time = _START + first * _EVERY + timedelta(seconds=seconds)
            if frequent_from is not None and n >= frequent_from:
                self.anomalies.add((order_id, "frequent_orders", time))
        self.anomalies.add((order_id, "order_run", time + timedelta(minutes=10)))

    def _rising(self) -> set[Found]:
        """Bursts and runs in which three orders in a row happen to rise within an hour; none is in two of them."""
        users: dict[str, list[_Message]] = {}
        for message in self._messages:
            if message.status == "CREATED":
                users.setdefault(message.user_id, []).append(message)
        found = set()
        for placed in users.values():
            placed.sort(key=lambda message: message.time)
            while len(placed) >= 3:
                a, b, c = placed[:3]
                rises = a.cents < b.cents < c.cents and c.time - a.time < timedelta(hours=1)
                if rises:
                    found.add((c.order_id, "rising_orders", c.time))
                del placed[: 3 if rises else 1]
        return found

    def _in_the_order_of_sending(self, bad_share: float, repeat_share: float, late_share: float) -> list[str]:
        rng = self._rng
        last = _START + self._orders * _EVERY
        sent: list[tuple[datetime, str]] = []
        for message in self._messages:
            # up to four seconds out of order
            at, text = message.time + timedelta(seconds=rng.choice((0, 0, 0, 1, 2, 4))), _encode(message.fields())
            sent.append((at, text))
            if rng.random() < repeat_share:
                self.repeated += 1
                sent.append((at, text))
            if rng.random() < late_share and message.time + _LATE_BY < last:
                self.late += 1
                sent.append((message.time + _LATE_BY, text))
            if rng.random() < bad_share:
                reason = rng.choice(tuple(_BREAK))
                self.rejected[reason] += 1
                sent.append((at, _BREAK[reason](message.fields())))
        sent.sort(key=lambda message: message[0])
        return [text for _, text in sent]


def _goes_well(paid: int, shipped: int) -> list[_Step]:
    return [("PAID", paid, True), ("SHIPPED", shipped, True), ("COMPLETED", shipped + 3600, True)]


_ODD_LIVES: dict[Oddity, Callable[[int], list[_Step]]] = {
    Oddity.UNPAID: lambda s: [("CREATED", 0, True)],
    Oddity.PAID_LATE: lambda s: [("CREATED", 0, True), *_goes_well(1801 + s, 3600 + s)],
    Oddity.UNPAID_AND_SHIPPED: lambda s: [("CREATED", 0, True), ("SHIPPED", s, False), ("COMPLETED", s + 900, False)],
    Oddity.PAID_TWICE: lambda s: [
        ("CREATED", 0, True),
        ("PAID", s, True),
        ("PAID", s + 20, False),
        ("SHIPPED", s + 900, True),
    ],
    Oddity.PAID_AFTER_SHIPPING: lambda s: [
        ("CREATED", 0, True),
        ("PAID", s, True),
        ("SHIPPED", s + 900, True),
        ("PAID", s + 1800, False),
        ("COMPLETED", s + 3600, True),
    ],
    Oddity.CANCELLED_IN_THE_END: lambda s: [
        ("CREATED", 0, True),
        *_goes_well(s, s + 900),
        ("CANCELLED", s + 9000, False),
    ],
    Oddity.NEVER_CREATED: lambda s: [("PAID", s, False), ("SHIPPED", s + 900, False)],
}

_BREAK: dict[Reason, Callable[[dict[str, Any]], str]] = {
    Reason.MALFORMED_JSON: lambda fields: _encode(fields)[:-1],
    Reason.EMPTY_PAYLOAD: lambda fields: "",
    Reason.NOT_AN_OBJECT: lambda fields: '["order"]',
    Reason.MISSING_FIELD: lambda fields: _encode({name: fields[name] for name in fields if name != "status"}),
    Reason.WRONG_TYPE: lambda fields: _encode({**fields, "amount": str(fields["amount"])}),
    Reason.BAD_TIMESTAMP: lambda fields: _encode({**fields, "timestamp": "yesterday"}),
    Reason.AMOUNT_NOT_POSITIVE: lambda fields: _encode({**fields, "amount": 0}),
    Reason.UNKNOWN_STATUS: lambda fields: _encode({**fields, "status": "LOST"}),
}


def _encode(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)
