"""Test messages of what users do: reproducible, and what is odd about them follows from the messages."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from stage4_state_cep.user_actions import UserAction, parse_action
from utils.action_lives import ActionLives, Habit
from utils.order_models import InvalidOrder, Reason


@pytest.fixture(scope="module")
def lives() -> ActionLives:
    return ActionLives(visits=2000, seed=3, odd_share=0.2)


def by_user(lives: ActionLives) -> tuple[dict[str, list[UserAction]], Counter[Reason]]:
    users: dict[str, list[UserAction]] = {}
    broken: Counter[Reason] = Counter()
    for text in lives.texts:
        try:
            action = parse_action(text)
        except InvalidOrder as error:
            broken[error.reason] += 1
        else:
            users.setdefault(action.user_id, []).append(action)
    for actions in users.values():
        actions.sort(key=lambda action: action.time)
    return users, broken


def test_the_same_seed_makes_the_same_messages(lives: ActionLives) -> None:
    assert ActionLives(visits=2000, seed=3, odd_share=0.2).texts == lives.texts
    assert ActionLives(visits=2000, seed=4, odd_share=0.2).texts != lives.texts


def test_without_odd_visits_there_are_only_purchases() -> None:
    plain = ActionLives(visits=300, odd_share=0, bad_share=0)
    assert (plain.anomalies, plain.odd, plain.rejected) == (set(), {}, {})
    assert len(plain.purchases) > 100


def test_what_is_to_be_found_follows_from_the_messages(lives: ActionLives) -> None:
    half_an_hour, ten_minutes = timedelta(minutes=30), timedelta(minutes=10)
    users, _ = by_user(lives)
    anomalies, purchases = set(), set()
    for look, *others in users.values():
        orders = [action for action in others if action.action == "order"]
        pays = [action for action in others if action.action == "pay"]
        failed = [action for action in others if action.action == "pay_failed"]
        if orders and not [pay for pay in pays if pay.time < look.time + half_an_hour]:
            anomalies.add((orders[0].order_id, "ordered_not_paid", look.time + half_an_hour))
        for pay in pays:
            if pay.time < look.time + half_an_hour:
                purchases.add((pay.order_id, pay.time))
            if len([each for each in failed if pay.time - each.time < ten_minutes]) >= 3:
                anomalies.add((pay.order_id, "paid_after_failures", pay.time))
    assert (lives.anomalies, lives.purchases) == (anomalies, purchases)
    assert set(lives.kinds()) == {"ordered_not_paid", "paid_after_failures"}


def test_all_habits_are_there_and_broken_messages_are_counted(lives: ActionLives) -> None:
    assert set(lives.odd) == set(Habit)
    assert by_user(lives)[1] == lives.rejected
    assert len(lives.rejected) == 3


def test_each_edge_of_the_half_hour_is_there(lives: ActionLives) -> None:
    waits = {
        actions[-1].time - actions[0].time for actions in by_user(lives)[0].values() if actions[-1].action == "pay"
    }
    assert {timedelta(seconds=1799), timedelta(seconds=1800)} <= waits


@pytest.mark.parametrize("arguments", [{"visits": 0}, {"odd_share": 1.1}, {"bad_share": -0.1}])
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        ActionLives(**arguments)
