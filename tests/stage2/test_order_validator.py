"""Validation: which orders pass, and what is said of those that do not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from flott.common import Row, Types
from flott.datastream import StreamExecutionEnvironment
from stage2_data_transformation.dead_letters import DEAD_LETTER_FIELDS, REJECTED, dead_letter_json, log_line
from stage2_data_transformation.order_cleaner import RawOrder, clean_order
from stage2_data_transformation.order_validator import ReadOrder, ValidateOrder, check_order
from utils.order_models import Order, Reason

ITEM: dict[str, Any] = {"id": "I001", "name": "Tea", "price": Decimal("25.00"), "quantity": 3}
GOOD: dict[str, Any] = {
    "order_id": "1001",
    "user_id": "U1",
    "amount": Decimal("75.00"),
    "status": "completed",
    "items": [ITEM],
    "timestamp": "2024-01-01 10:00:00",
}


def wrong(**changes: Any) -> list[tuple[Reason, str]]:
    """What is wrong with the good order once these fields are changed; ``...`` removes one."""
    fields = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    order, errors = check_order(fields)
    assert (order is None) == bool(errors)
    return [(error.reason, error.detail) for error in errors]


def items(**changes: Any) -> list[dict[str, Any]]:
    return [{**ITEM, **changes}]


def test_a_good_order() -> None:
    order, errors = check_order(GOOD)
    assert isinstance(order, Order) and not errors
    assert (order.order_id, order.amount, order.items[0].line_amount) == ("1001", Decimal("75.00"), Decimal("75.00"))


def test_the_five_orders_of_the_course() -> None:
    """By hand: 3 x 25.00 = 75.00, and 1003 says 75.25. No status is given: cleaning makes them pending."""
    rows = [
        (1001, "99.99", [("I001", "49.99", 1), ("I002", "25", 2)]),
        (1002, "149.50", [("I003", "149.50", 1)]),
        (1003, "75.25", [("I004", "25.00", 3)]),
        (1004, "200", [("I005", "100", 2)]),
        (1005, "299.99", [("I006", "299.99", 1)]),
    ]
    found = {}
    for order_id, amount, lines in rows:
        fields = {
            "order_id": order_id,
            "user_id": 1,
            "amount": Decimal(amount),
            "items": [{"id": id, "price": Decimal(price), "quantity": number} for id, price, number in lines],
            "timestamp": "2024-01-01 10:00:00",
        }
        order, errors = check_order(clean_order(fields)[0])
        found[order_id] = len(order.items) if order else [error.detail for error in errors]
    assert found == {1001: 2, 1002: 1, 1003: ["amount is 75.25, the items sum to 75.00"], 1004: 1, 1005: 1}


@pytest.mark.parametrize("field", ["order_id", "user_id", "amount", "timestamp"])
def test_required_fields(field: str) -> None:
    assert wrong(**{field: ...}) == [(Reason.MISSING_FIELD, field)]
    assert wrong(**{field: None}) == [(Reason.MISSING_FIELD, field)]


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"amount": 0, "items": []}, Reason.AMOUNT_NOT_POSITIVE, "amount is 0"),
        ({"amount": Decimal("-0.01"), "items": []}, Reason.AMOUNT_NOT_POSITIVE, "amount is -0.01"),
        ({"status": "done"}, Reason.UNKNOWN_STATUS, "status is 'done'"),
        ({"items": [ITEM, {**ITEM, "id": "I002", "quantity": 0}]}, Reason.BAD_ITEM, "items[1].quantity is 0"),
        ({"amount": Decimal("75.01")}, Reason.AMOUNT_MISMATCH, "amount is 75.01, the items sum to 75.00"),
        ({"amount": "75.00"}, Reason.WRONG_TYPE, "amount is a string, not a number"),
        (
            {"timestamp": "yesterday"},
            Reason.BAD_TIMESTAMP,
            "'yesterday' is not a time like '2024-01-31 23:59:59'",
        ),
        ({"amount": 10**10}, Reason.OUT_OF_RANGE, "amount is beyond 9,999,999,999"),
    ],
)
def test_rules(changes: dict[str, Any], reason: Reason, detail: str) -> None:
    assert wrong(**changes) == [(reason, detail)]


def test_limits_of_the_rules() -> None:
    """A cent is too much, 0.009 is not; a free item is an item; an order may have no items."""
    assert wrong(amount=Decimal("75.009")) == []
    assert wrong(amount=Decimal("74.99")) != []
    assert wrong(items=[ITEM, {"id": "GIFT", "price": 0, "quantity": 1}]) == []
    for none in (..., None, []):
        assert wrong(items=none) == []


def test_everything_that_is_wrong_is_told() -> None:
    """By hand: -1 x 2 = -2, which is 1 away from -1."""
    assert wrong(amount=-1, status="lost", items=items(price=-1, quantity=2)) == [
        (Reason.AMOUNT_NOT_POSITIVE, "amount is -1"),
        (Reason.UNKNOWN_STATUS, "status is 'lost'"),
        (Reason.BAD_ITEM, "items[0].price is -1"),
        (Reason.AMOUNT_MISMATCH, "amount is -1, the items sum to -2"),
    ]


def collected(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as found:
        return list(found)


def letters(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [dict(zip(DEAD_LETTER_FIELDS, row)) for row in rows]


def test_messages_that_are_no_json_object_leave_by_the_side_output() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    messages = ['{"order_id": 7}', "", "{", "[]", '{"a": "\ufffd"}', '{"amount": 1.50}']
    read = env.from_collection(messages, Types.STRING()).process(ReadOrder())
    assert collected(read) == [
        RawOrder('{"order_id": 7}', {"order_id": 7}),
        RawOrder('{"amount": 1.50}', {"amount": Decimal("1.50")}),
    ]
    refused = letters(collected(read.get_side_output(REJECTED)))
    assert [(letter["raw"], letter["reason"]) for letter in refused] == [
        ("", "empty_payload"),
        ("{", "malformed_json"),
        ("[]", "not_an_object"),
        ('{"a": "\ufffd"}', "invalid_utf8"),
    ]
    assert {letter["operator"] for letter in refused} == {"read orders"}
    now = 1_700_000_000_000
    assert all(letter["rejected_at"] > now for letter in refused)


def test_a_dead_letter_has_the_message_the_first_reason_and_all_details() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    bad = RawOrder('{"what": "came"}', {**GOOD, "amount": 0, "status": "lost"})
    checked = env.from_collection([RawOrder("", GOOD), bad]).process(ValidateOrder())
    assert [order.order_id for order in collected(checked)] == ["1001"]
    (letter,) = letters(collected(checked.get_side_output(REJECTED)))
    assert letter["operator"] == "validate orders"
    assert letter["reason"] == "amount_not_positive"
    assert letter["detail"] == "amount is 0; status is 'lost'; amount is 0, the items sum to 75.00"
    assert letter["raw"] == '{"what": "came"}'


def test_refusals_are_counted_by_reason() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    orders = [RawOrder("", {**GOOD, "amount": amount}) for amount in (0, -1, 75, 76)]
    checked = env.from_collection(orders).process(ValidateOrder()).name("check")
    checked.get_side_output(REJECTED).print()
    metrics = env.execute().get_metrics()["check"]
    assert {name: count for name, count in metrics.items() if name.startswith("rejected.") and count} == {
        "rejected.amount_not_positive": 2,
        "rejected.amount_mismatch": 1,
    }


def test_a_dead_letter_on_its_way_to_topic_and_log() -> None:
    letter = Row("read orders", "malformed_json", "why", "{茶" + "x" * 100, 5, 1_704_067_200_123)
    assert json.loads(dead_letter_json(letter)) == {
        "operator": "read orders",
        "reason": "malformed_json",
        "detail": "why",
        "raw": "{茶" + "x" * 100,
        "ts": 5,
        "rejected_at": 1_704_067_200_123,
    }
    assert json.loads(log_line(letter)) == {
        "time": "2024-01-01T00:00:00.123+00:00",
        "operator": "read orders",
        "reason": "malformed_json",
        "detail": "why",
        "message": "{茶" + "x" * 78 + "…",
    }
