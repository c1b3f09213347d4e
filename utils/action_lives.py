"""Test messages of what users do in the shop: they look, order and pay, some of them in odd ways.

As in :mod:`utils.order_lives`, what is to be found is written down while it is put in.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from enum import Enum

from utils.order_lives import Found
from utils.order_models import Reason

_START = datetime(2024, 1, 1, 10, 0, 0)
_EVERY = timedelta(seconds=20)
_HALF_AN_HOUR = 1800

_Step = tuple[str, int]
"""What a user does, and how many seconds after the first look."""


class Habit(str, Enum):
    """What is odd about a visit, on purpose."""

    NEVER_PAYS = "ordered and never paid"
    PAYS_TOO_LATE = "ordered, and paid half an hour after the first look or later"
    PAYS_AT_LAST = "paid after three payments that failed, or more"
    PAYS_SLOWLY = "paid more than 10 minutes after three payments that failed"


class ActionLives:
    """The actions of some users, one visit each, in the order in which they are sent.

    :param visits: how many users come.
    :param seed: the same seed makes the same messages.
    :param odd_share: how many of the visits, from 0 to 1, are odd in one of the ways of :class:`Habit`.
    :param bad_share: how many messages, beside those, are broken.

    >>> ActionLives(visits=50, seed=7).texts == ActionLives(visits=50, seed=7).texts
    True
    """

    def __init__(self, visits: int = 1000, seed: int = 42, odd_share: float = 0.1, bad_share: float = 0.01) -> None:
        if visits < 1:
            raise ValueError(f"visits is {visits}; there has to be at least one")
        for name, share in {"odd": odd_share, "bad": bad_share}.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name}_share is {share}; it has to be between 0 and 1")
        self._rng = random.Random(seed)
        self._sent: list[tuple[datetime, str]] = []
        self.odd: Counter[Habit] = Counter()
        self.anomalies: set[Found] = set()
        self.purchases: set[tuple[str, datetime]] = set()
        """What was paid within half an hour of the first look: order, time."""
        self.rejected: Counter[Reason] = Counter()
        for number in range(visits):
            if self._rng.random() < odd_share:
                habit = self._rng.choice(tuple(Habit))
                self.odd[habit] += 1
                self._add(number, self._odd(habit), bad_share)
            else:
                self._add(number, self._ordinary(), bad_share)
        self._sent.sort(key=lambda message: message[0])
        self.texts = [text for _, text in self._sent]

    def text(self, index: int) -> str:
        """Message ``index``."""
        return self.texts[index]

    def kinds(self) -> Counter[str]:
        """How many anomalies there are of each kind."""
        return Counter(kind for _, kind, _ in self.anomalies)

    def _ordinary(self) -> list[_Step]:
        """A visit without anything odd, sometimes close to it."""
        rng = self._rng
        looks = [("view", seconds) for seconds in (0, *sorted(rng.sample(range(1, 300), rng.randint(0, 3))))]
        ordered = rng.randint(300, 600)
        failed = [("pay_failed", ordered + 60 * n) for n in range(1, rng.choice((1, 1, 1, 2, 3)))]
        # half an hour is too long, a second less is not
        paid = rng.choice((_HALF_AN_HOUR - 1, *(rng.randint(900, 1700) for _ in range(9))))
        return rng.choices((looks, [*looks, ("order", ordered), *failed, ("pay", paid)]), (3, 7))[0]

    def _odd(self, habit: Habit) -> list[_Step]:
        rng = self._rng
        ordered = rng.randint(60, 300)
        begun: list[_Step] = [("view", 0), ("order", ordered)]
        if habit is Habit.NEVER_PAYS:
            return begun
        if habit is Habit.PAYS_TOO_LATE:
            return [*begun, ("pay", rng.choice((_HALF_AN_HOUR, rng.randint(_HALF_AN_HOUR, 7200))))]
        failures = [("pay_failed", ordered + 30 * n) for n in range(1, rng.randint(4, 6))]
        if habit is Habit.PAYS_AT_LAST:
            return [*begun, *failures, ("pay", failures[0][1] + rng.choice((599, rng.randint(200, 500))))]
        return [*begun, *failures, ("pay", failures[-1][1] + 600)]

    def _add(self, number: int, steps: list[_Step], bad_share: float) -> None:
        rng, first = self._rng, _START + number * _EVERY
        order_id, user_id, cents = f"A{number + 1:06d}", f"V{number + 1:06d}", rng.randrange(199, 200_000)
        for action, seconds in steps:
            # what is looked at has no order yet
            of = f"P{rng.randrange(500):03d}" if action == "view" else order_id
            time = first + timedelta(seconds=seconds)
            fields = {"user_id": user_id, "action": action, "order_id": of, "amount": cents / 100}
            text = json.dumps({**fields, "timestamp": f"{time:%Y-%m-%d %H:%M:%S}"})
            sent = time + timedelta(seconds=rng.choice((0, 0, 0, 1, 2, 4)))
            self._sent.append((sent, text))
            if rng.random() < bad_share:
                self._add_broken(sent, text)
        self._write_down(order_id, first, dict(steps), [seconds for action, seconds in steps if action == "pay_failed"])

    def _write_down(self, order_id: str, first: datetime, last: dict[str, int], failed: list[int]) -> None:
        """What is to be found, given when each action was done last."""
        if "order" not in last:
            return
        paid = last.get("pay")
        if paid is None or paid >= _HALF_AN_HOUR:
            self.anomalies.add((order_id, "ordered_not_paid", first + timedelta(seconds=_HALF_AN_HOUR)))
        else:
            self.purchases.add((order_id, first + timedelta(seconds=paid)))
        if paid is not None and len([seconds for seconds in failed if paid - seconds < 600]) >= 3:
            self.anomalies.add((order_id, "paid_after_failures", first + timedelta(seconds=paid)))

    def _add_broken(self, sent: datetime, text: str) -> None:
        reason, broken = self._rng.choice(
            (
                (Reason.MALFORMED_JSON, text[:-1]),
                (Reason.UNKNOWN_STATUS, text.replace('"action": "', '"action": "un')),
                (Reason.MISSING_FIELD, text.replace('"user_id"', '"user"')),
            )
        )
        self.rejected[reason] += 1
        self._sent.append((sent, broken))
