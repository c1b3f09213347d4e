"""The order model: what is read, what is refused, and with which reason."""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from utils.order_models import (
    InvalidOrder,
    Order,
    OrderItem,
    Reason,
    parse_order,
    to_cents,
    validate_order,
    violations,
)

GOOD: dict[str, Any] = {
    "order_id": "1001",
    "user_id": "U1",
    "amount": 99.99,
    "status": "completed",
    "items": [
        {"id": "I001", "name": "茶杯 🍵", "price": 49.99, "quantity": 1},
        {"id": "I002", "name": "Tea", "price": 25, "quantity": 2},
    ],
    "timestamp": "2024-01-01 10:00:00",
}


def message(**changes: Any) -> str:
    """The good order with some fields changed; ``...`` removes one."""
    fields = {**GOOD, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...}, ensure_ascii=False)


def item(**changes: Any) -> list[dict[str, Any]]:
    fields = {"id": "I001", "name": "Tea", "price": 99.99, "quantity": 1, **changes}
    return [{name: value for name, value in fields.items() if value is not ...}]


def refusal(payload: str | bytes | None) -> tuple[Reason, str]:
    with pytest.raises(InvalidOrder) as refused:
        validate_order(parse_order(payload))
    return refused.value.reason, refused.value.detail


def test_reads_every_field_in_its_type() -> None:
    order = parse_order(message())
    assert order == Order(
        order_id="1001",
        user_id="U1",
        amount=Decimal("99.99"),
        status="completed",
        order_time=datetime(2024, 1, 1, 10, 0, 0),
        items=(
            OrderItem("I001", "茶杯 🍵", Decimal("49.99"), 1),
            OrderItem("I002", "Tea", Decimal("25"), 2),
        ),
    )
    assert [line.line_amount for line in order.items] == [Decimal("49.99"), Decimal("50")]


def test_bytes_and_text_are_the_same_order() -> None:
    assert parse_order(message().encode()) == parse_order(message())


def test_five_orders_of_the_course() -> None:
    """By hand: 25 x 3 = 75.00 is not 75.25; the others add up. So four orders with five lines are valid."""
    orders = [
        (1001, 99.99, [("I001", 49.99, 1), ("I002", 25, 2)]),
        (1002, 149.50, [("I003", 149.50, 1)]),
        (1003, 75.25, [("I004", 25, 3)]),
        (1004, 200, [("I005", 100, 2)]),
        (1005, 299.99, [("I006", 299.99, 1)]),
    ]
    valid, refused = [], {}
    for order_id, amount, items in orders:
        lines = [{"id": id, "name": id, "price": price, "quantity": quantity} for id, price, quantity in items]
        order = parse_order(message(order_id=order_id, amount=amount, items=lines))
        try:
            validate_order(order)
        except InvalidOrder as error:
            refused[order.order_id] = (error.reason, error.detail)
        else:
            valid.append(order)
    assert refused == {"1003": (Reason.AMOUNT_MISMATCH, "amount is 75.25, the items sum to 75")}
    assert [order.order_id for order in valid] == ["1001", "1002", "1004", "1005"]
    sales = {line.id: (line.quantity, line.line_amount) for order in valid for line in order.items}
    assert sales == {
        "I001": (1, Decimal("49.99")),
        "I002": (2, Decimal("50.00")),
        "I003": (1, Decimal("149.50")),
        "I005": (2, Decimal("200.00")),
        "I006": (1, Decimal("299.99")),
    }


@pytest.mark.parametrize("items", [..., None, []])
def test_an_order_without_items_is_valid(items: Any) -> None:
    order = parse_order(message(items=items))
    validate_order(order)
    assert order.items == ()


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (None, Reason.EMPTY_PAYLOAD, "no content"),
        ("", Reason.EMPTY_PAYLOAD, "no content"),
        (" \n", Reason.EMPTY_PAYLOAD, "no content"),
        (b'{"order_id": "\xff"}', Reason.INVALID_UTF8, "byte 14"),
        ('{"order_id": "\ufffd"}', Reason.INVALID_UTF8, "character 14"),
        (message()[:-1], Reason.MALFORMED_JSON, "delimiter"),
        ("order", Reason.MALFORMED_JSON, "Expecting value"),
        (message(amount=float("nan")), Reason.MALFORMED_JSON, "NaN is not JSON"),
        ("[" * 100_000, Reason.MALFORMED_JSON, "recursion"),
        ("[]", Reason.NOT_AN_OBJECT, "a list"),
        ("null", Reason.NOT_AN_OBJECT, "null"),
        ("17", Reason.NOT_AN_OBJECT, "a number"),
    ],
)
def test_messages_that_are_no_json_object(payload: str | bytes | None, reason: Reason, detail: str) -> None:
    found, text = refusal(payload)
    assert found is reason
    assert detail in text


@pytest.mark.parametrize("field", ["order_id", "user_id", "amount", "status", "timestamp"])
@pytest.mark.parametrize("value", [..., None])
def test_required_fields(field: str, value: Any) -> None:
    assert refusal(message(**{field: value})) == (Reason.MISSING_FIELD, field)


@pytest.mark.parametrize("field", ["id", "price", "quantity"])
def test_required_fields_of_an_item(field: str) -> None:
    assert refusal(message(items=item(**{field: ...}))) == (Reason.MISSING_FIELD, f"items[0].{field}")


def test_an_item_needs_no_name() -> None:
    assert parse_order(message(items=item(name=...))).items[0].name is None


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"amount": "99.99"}, "amount is a string, not a number"),
        ({"amount": True}, "amount is a boolean, not a number"),
        ({"status": 1}, "status is a number, not a string"),
        ({"user_id": ["U1"]}, "user_id is a list, not a string"),
        ({"order_id": 10.5}, "order_id is a number, not a string"),
        ({"timestamp": 1704103200000}, "timestamp is a number, not a string"),
        ({"items": {"id": "I001"}}, "items is an object, not a list"),
        ({"items": ["I001"]}, "items[0] is a string, not an object"),
        ({"items": item(quantity=1.5)}, "items[0].quantity is a number, not a whole number"),
        ({"items": item(quantity="1")}, "items[0].quantity is a string, not a whole number"),
    ],
)
def test_wrong_types(changes: dict[str, Any], detail: str) -> None:
    assert refusal(message(**changes)) == (Reason.WRONG_TYPE, detail)


def test_identifiers_may_be_numbers() -> None:
    assert parse_order(message(order_id=1001, user_id=7)).user_id == "7"


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "x" * 65},
        {"items": item(name="x" * 256)},
        {"items": item(quantity=2**31)},
        {"amount": 9_999_999_999.5},
        {"amount": -1e300},
    ],
)
def test_values_no_column_holds(changes: dict[str, Any]) -> None:
    assert refusal(message(**changes))[0] is Reason.OUT_OF_RANGE


def test_an_exponent_beyond_decimal_is_out_of_range() -> None:
    text = message(amount=5).replace('"amount": 5', '"amount": 1e99999999999999999999')
    assert refusal(text)[0] is Reason.OUT_OF_RANGE


@pytest.mark.parametrize("name", ["\\u0000", "\\ud83d"])
def test_characters_no_database_stores(name: str) -> None:
    text = message(items=item(name="NAME")).replace("NAME", name)
    assert refusal(text)[0] is Reason.INVALID_UTF8


@pytest.mark.parametrize(
    "timestamp",
    [
        "2024-02-30 10:00:00",
        "2024-01-01T10:00:00",
        "2024-01-01 10:00",
        "2024-01-01 24:00:00",
        "2024-01-01 10:00:00.5",
        "2024-01-01 10:00+08",
        "20240101 100000.123",
        "yesterday",
    ],
)
def test_timestamps_of_another_form(timestamp: str) -> None:
    reason, detail = refusal(message(timestamp=timestamp))
    assert reason is Reason.BAD_TIMESTAMP
    assert timestamp in detail


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"amount": 0}, Reason.AMOUNT_NOT_POSITIVE, "amount is 0"),
        ({"amount": -99.99}, Reason.AMOUNT_NOT_POSITIVE, "amount is -99.99"),
        ({"status": "done"}, Reason.UNKNOWN_STATUS, "status is 'done'"),
        ({"items": item(quantity=0)}, Reason.BAD_ITEM, "items[0].quantity is 0"),
        ({"items": item(price=-0.01)}, Reason.BAD_ITEM, "items[0].price is -0.01"),
        ({"amount": 100.00}, Reason.AMOUNT_MISMATCH, "amount is 100.0, the items sum to 99.99"),
    ],
)
def test_rules_of_the_business(changes: dict[str, Any], reason: Reason, detail: str) -> None:
    assert refusal(message(**changes)) == (reason, detail)


def test_less_than_a_cent_is_no_mismatch() -> None:
    """0.009 from the sum is within the tolerance; 0.01 is not, whatever a float makes of 0.1 + 0.2."""
    validate_order(parse_order(message(amount=99.999)))
    validate_order(parse_order(message(amount=0.1 + 0.2, items=item(price=0.1, quantity=3))))
    assert refusal(message(amount=99.98))[0] is Reason.AMOUNT_MISMATCH


def test_a_free_item_is_valid() -> None:
    validate_order(parse_order(message(amount=99.99, items=item() + item(id="GIFT", price=0))))


def test_half_a_cent_rounds_up() -> None:
    assert [to_cents(Decimal(text)) for text in ("0.005", "0.015", "2.344")] == [
        Decimal("0.01"),
        Decimal("0.02"),
        Decimal("2.34"),
    ]


def test_a_refusal_survives_pickling() -> None:
    """Flink's Python workers send exceptions between processes."""
    copy = pickle.loads(pickle.dumps(InvalidOrder(Reason.BAD_ITEM, "why")))
    assert (copy.reason, copy.detail, str(copy)) == (Reason.BAD_ITEM, "why", "bad_item: why")


def test_every_rule_that_does_not_hold_is_told() -> None:
    """0 is not above 0, nor less than a cent away from -1 x 2 = -2."""
    order = parse_order(message(amount=0, status="done", items=item(price=-1, quantity=2)))
    assert [error.reason for error in violations(order)] == [
        Reason.AMOUNT_NOT_POSITIVE,
        Reason.UNKNOWN_STATUS,
        Reason.BAD_ITEM,
        Reason.AMOUNT_MISMATCH,
    ]
