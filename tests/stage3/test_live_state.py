"""What the dashboard shows, made of results by hand: no job, no server."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from flott.common import Row
from flott.testing import one_input_harness
from stage3_window_statistics.dashboard.live import END, NO_WATERMARK, LiveState
from stage3_window_statistics.dashboard.pulse import PULSE_MS, NewName, Pulse
from stage3_window_statistics.window_aggregators import millis_of
from tests.stage3.shop import at, moment, order


def result(statistic: str, start: str, end: str, count: int, amount: str, **more: str) -> dict[str, Any]:
    figures = ("quantity", "sales") if statistic == "product" else ("order_count", "total_amount")
    window = {"window_start": at(start), "window_end": at(end)}
    return {"statistic": statistic, **more, **window, **dict(zip(figures, (count, amount), strict=True))}


def minute(start: str, count: int, amount: str = "1.00") -> dict[str, Any]:
    return result("minute", start, "23:59", count, amount)


def user(user_id: str, amount: str, hour: str = "10:00") -> dict[str, Any]:
    return result("user", hour, "23:59", 1, amount, user_id=user_id)


def change(start: str, before: str, after: str, count: int) -> dict[str, Any]:
    window = {"window_start": at(start), "window_end": at("23:59")}
    return {"statistic": "status_change", "from_status": before, "to_status": after, **window, "change_count": count}


def state_of(*results: dict[str, Any]) -> dict[str, Any]:
    state = LiveState()
    for one in results:
        state.result(one)
    return state.snapshot()


def test_nothing_yet() -> None:
    state = LiveState("orders at kafka:9092", run="r").snapshot()
    assert (state["source"], state["run"], state["job"]) == (
        "orders at kafka:9092",
        "r",
        {"state": "running", "message": ""},
    )
    assert state["minutes"] == state["users"] == state["products"] == state["statuses"] == state["changes"] == []
    assert state["hour"] is state["last_five_minutes"] is state["time"]["watermark"] is state["time"]["newest"] is None


def test_a_minute_that_is_corrected_is_replaced_and_one_without_orders_is_nothing_sold() -> None:
    shown = state_of(minute("10:00", 3), minute("10:02", 1), minute("10:00", 4, "9.99"))["minutes"]
    assert [(m["start"][11:16], m["orders"], m["amount"]) for m in shown] == [
        ("10:00", 4, "9.99"),
        ("10:01", 0, "0.00"),
        ("10:02", 1, "1.00"),
    ]


def test_the_last_sixty_minutes_are_shown_and_no_more_are_kept() -> None:
    state = LiveState()
    for n in range(600):
        state.result(minute(f"{10 + n // 60}:{n % 60:02}", n))
    shown = state.snapshot()["minutes"]
    assert [m["orders"] for m in shown] == list(range(540, 600))
    assert len(state._minutes) <= 120


def test_the_largest_users_come_first_by_amount_and_not_as_texts() -> None:
    shown = state_of(*[user(f"U{n}", f"{n}.00") for n in (9, 10, 2, 100, 30, 4, 5, 6, 7, 8)])["users"]
    assert [u["id"] for u in shown] == ["U100", "U30", "U10", "U9", "U8", "U7", "U6", "U5"]


def test_an_hour_that_begins_takes_the_place_of_the_one_before() -> None:
    results = [
        result("hour", "10:00", "11:00", 2, "30.00"),
        user("U1", "20.00"),
        user("U2", "10.00"),
        result("status", "10:00", "11:00", 2, "30.00", status="pending"),
        result("hour", "11:00", "12:00", 1, "5.00"),
        user("U3", "5.00", "11:00"),
        # a correction of the hour before is not shown any more
        user("U1", "99.00", "10:00"),
    ]
    shown = state_of(*results)
    assert shown["hour"] == {"start": at("11:00"), "end": at("12:00"), "orders": 1, "amount": "5.00"}
    assert [u["id"] for u in shown["users"]] == ["U3"]
    assert shown["statuses"] == []


def test_products_have_the_names_that_were_heard_of() -> None:
    state = LiveState()
    state.result(result("product", "10:00", "11:00", 2, "50.00", item_id="I2"))
    state.result(result("product", "10:00", "11:00", 9, "5.00", item_id="I1"))
    state.name(("I2", "茶杯"))
    assert state.snapshot()["products"] == [
        {"id": "I2", "name": "茶杯", "quantity": 2, "sales": "50.00"},
        {"id": "I1", "name": "", "quantity": 9, "sales": "5.00"},
    ]


def test_changes_are_those_of_the_hour_that_is_shown() -> None:
    shown = state_of(
        result("hour", "11:00", "12:00", 1, "1.00"),
        change("10:59", "pending", "completed", 7),
        change("11:00", "pending", "completed", 1),
        change("11:00", "pending", "completed", 2),
        change("11:05", "pending", "completed", 3),
        change("11:05", "pending", "failed", 1),
    )["changes"]
    assert shown == [
        {"from": "pending", "to": "completed", "count": 5},
        {"from": "pending", "to": "failed", "count": 1},
    ]


def test_the_watermark_and_what_it_waits_for() -> None:
    """The newest order is of 10:00:30 and the watermark 5.001 s behind it, at 10:00:24.999."""
    state = LiveState()
    newest = millis_of(moment("10:00:30"))
    state.pulse(Row(1, newest, NO_WATERMARK))
    assert state.snapshot()["time"]["closes"] is None
    state.pulse(Row(3, newest, newest - 5001))
    shown = state.snapshot()["time"]
    assert (shown["messages"], shown["newest"], shown["lag_ms"]) == (3, at("10:00:30"), 5001)
    assert (shown["watermark"], shown["closes"]) == (f"{at('10:00:24')}.999", at("10:01:00"))
    # the minute ends at its last millisecond, 10:00:59.999
    assert shown["closes_in_ms"] == 35_000
    state.pulse(Row(3, newest, END))
    assert state.snapshot()["time"]["watermark"] is None


def test_messages_a_second_are_those_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    state = LiveState()
    for messages in (0, 1000, 2000, 2000, 2000, 2000, 2000):
        state.pulse(Row(messages, 0, 0))
        now[0] += 1
        if messages == 1000:
            assert state.snapshot()["time"]["per_second"] == 1000
    assert state.snapshot()["time"]["per_second"] == 0


def test_late_and_rejected_messages_are_counted() -> None:
    state = LiveState()
    for what in ("late", "rejected", "late"):
        state.count(what)
    shown = state.snapshot()["time"]
    assert (shown["late"], shown["rejected"]) == (2, 1)


def test_a_reader_gets_the_newest_version_and_each_once() -> None:
    state = LiveState(pause=0)
    state.result(minute("10:00", 1))
    state.result(minute("10:01", 2))
    version, text = state.wait(-1, 0) or (0, "")
    assert [m["orders"] for m in json.loads(text)["minutes"]] == [1, 2]
    assert state.wait(version, 0) is None
    state.job("finished")
    assert json.loads((state.wait(version, 0) or (0, "{}"))[1])["job"]["state"] == "finished"


def test_a_reader_that_waits_is_woken() -> None:
    state = LiveState(pause=0)
    version, _ = state.wait(-1, 0) or (0, "")
    got: list[Any] = []
    reader = threading.Thread(target=lambda: got.append(state.wait(version, 60)))
    reader.start()
    state.count("late")
    reader.join(60)
    assert json.loads(got[0][1])["time"]["late"] == 1


def test_changes_gather_within_the_pause() -> None:
    """A thousand results in a moment are two versions for a reader, not a thousand."""
    state = LiveState(pause=0.05)
    seen, texts = -1, []
    for n in range(1000):
        state.result(minute("10:00", n))
        if (news := state.wait(seen, 0)) is not None:
            seen = news[0]
            texts.append(news[1])
    last = state.wait(seen, 60)
    assert last is not None
    assert json.loads(last[1])["minutes"][0]["orders"] == 999
    assert len(texts) < 500


def test_the_pulse_beats_by_the_clock_and_knows_the_watermark() -> None:
    with one_input_harness(Pulse(), key_selector=lambda time: 0) as harness:
        harness.process_element(5_000, 5_000)
        harness.process_element(4_000, 4_000)
        harness.set_processing_time(0)
        (first,) = harness.extract_output_values()
        assert (first[1], first[2]) == (5_000, NO_WATERMARK)
        harness.process_watermark(3_000)
        # no further order: it beats all the same
        harness.set_processing_time(2 * PULSE_MS)
        assert harness.extract_output_values()[-1] == Row(2, 5_000, 3_000)


def test_a_name_is_told_when_it_is_new() -> None:
    with one_input_harness(NewName(), key_selector=lambda item: item.id) as harness:
        for name in ("Tea", "Tea", None, "Green tea"):
            (item,) = order("1", "10:00", items=[("I1", 1, 1)]).items
            harness.process_element(type(item)(item.id, name, item.price, item.quantity), 0)
        assert harness.extract_output_values() == [("I1", "Tea"), ("I1", "Green tea")]
