"""Judges exercise 3.12, with ten orders five minutes apart."""

from __future__ import annotations

import json

from flott.testing import Harness
from stage3_window_statistics.exercises.e12_whole_job import Statistics, statistics
from utils.exercise import expect

AMOUNTS = [100.50, 200.75, 150.25, 300.00, 175.50, 225.80, 125.30, 275.90, 190.25, 210.45]
USERS = [1, 2, 3, 1, 4, 2, 5, 3, 1, 6]
TEN_O_CLOCK = 1_704_103_200_000
"""2024-01-01 10:00:00 in UTC."""


def message(number: int, time: str, user: int = 1, amount: float = 1.0) -> str:
    order = {"order_id": f"O{number}", "user_id": f"U{user}", "amount": amount, "timestamp": f"2024-01-01 {time}"}
    return json.dumps(order)


MESSAGES = [
    message(number, f"10:{5 * number:02}:00", user, amount)
    for number, (user, amount) in enumerate(zip(USERS, AMOUNTS, strict=True))
]


def run(harness: Harness, messages: list[str]) -> Statistics:
    made = statistics(harness.source("messages"))
    harness.feed("messages", *messages)
    return made


def test_a_row_for_each_minute(flott_harness: Harness) -> None:
    made = run(flott_harness, MESSAGES)
    flott_harness.finish()
    cents = [10050, 20075, 15025, 30000, 17550, 22580, 12530, 27590, 19025, 21045]
    expected = [(TEN_O_CLOCK + number * 300_000, 1, each) for number, each in enumerate(cents)]
    idea = "round(amount * 100) is a whole number; the start of a window comes from context.window()"
    expect(flott_harness.output(made.minutes), expected, MESSAGES, idea)


def test_a_row_for_each_user_and_hour(flott_harness: Harness) -> None:
    made = run(flott_harness, MESSAGES)
    flott_harness.finish()
    # 100.50 + 300.00 + 190.25 = 590.75 for user 1, and so on; all of it is 1954.70
    totals = {
        "U1": (3, 59075),
        "U2": (2, 42655),
        "U3": (2, 42615),
        "U4": (1, 17550),
        "U5": (1, 12530),
        "U6": (1, 21045),
    }
    expected = [(user, TEN_O_CLOCK, *total) for user, total in totals.items()]
    expect(sorted(flott_harness.output(made.users)), expected, MESSAGES, "key_by the user, a window of an hour")


def test_out_of_order_and_too_late(flott_harness: Harness) -> None:
    messages = [
        message(1, "10:00:30"),
        message(2, "10:01:04"),
        message(3, "10:00:59"),
        message(4, "10:01:05"),
        message(5, "10:00:50"),
    ]
    made = run(flott_harness, messages)
    idea = "10:01:05 takes the watermark to 10:00:59.999, the end of the minute: O3 came in time for it, O5 did not"
    expect(flott_harness.output(made.minutes), [(TEN_O_CLOCK, 2, 200)], messages, idea)
    expect(flott_harness.output(made.late), ["O5"], messages, "side_output_late_data, and a map to the order_id")
