"""Cleaning: what is rewritten, into what, and what is left for the validation to refuse."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from flott.common import Types
from flott.datastream import StreamExecutionEnvironment
from stage2_data_transformation.order_cleaner import (
    Change,
    ChangeLines,
    CleanOrder,
    RawOrder,
    WasChanged,
    clean_name,
    clean_number,
    clean_order,
    clean_quantity,
    clean_status,
    clean_text,
    clean_time,
    field_name,
)
from stage2_data_transformation.order_validator import check_order
from utils.order_generator import OrderGenerator
from utils.order_models import read_fields
from utils.untidy_orders import UntidyOrderGenerator

TIDY: dict[str, Any] = {
    "order_id": "1001",
    "user_id": "U1",
    "amount": Decimal("99.99"),
    "status": "completed",
    "items": [{"id": "I001", "name": "茶杯 🍵", "price": Decimal("99.99"), "quantity": 1}],
    "timestamp": "2024-01-01 10:00:00",
}


def same(found: Any, expected: Any) -> bool:
    """Equal and of one type: 2.0 is not 2 here."""
    return type(found) is type(expected) and found == expected


def test_a_tidy_order_stays_as_it_is() -> None:
    assert clean_order(TIDY) == (TIDY, ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [(" U1\t", "U1"), ("\u3000U1\u3000", "U1"), ("U 1", "U 1"), ("  ", None), ("", None), (7, 7), (None, None)],
)
def test_texts(value: Any, expected: Any) -> None:
    assert same(clean_text(value), expected)


@pytest.mark.parametrize(
    ("value", "expected"), [("  Office \n chair ", "Office chair"), ("茶杯 🍵", "茶杯 🍵"), (" ", None), (1, 1)]
)
def test_names(value: Any, expected: Any) -> None:
    assert same(clean_name(value), expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("COMPLETED", "completed"),
        (" Pending ", "pending"),
        (None, "pending"),
        ("", "pending"),
        ("Done", "done"),
        ("退款", "退款"),
        (True, True),
    ],
)
def test_statuses(value: Any, expected: Any) -> None:
    assert same(clean_status(value), expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("99.99", Decimal("99.99")),
        (" 1,299.00 ", Decimal("1299.00")),
        ("1,234,567.8", Decimal("1234567.8")),
        ("-5", Decimal(-5)),
        ("+5", Decimal(5)),
        ("", None),
        (Decimal("1.50"), Decimal("1.50")),
        (5, 5),
        (True, True),
        # which number, or which currency, is not for us to say
        ("1.299,00", "1.299,00"),
        ("1,29", "1,29"),
        ("12,34,567", "12,34,567"),
        ("1,2345", "1,2345"),
        ("¥10", "¥10"),
        ("10 CNY", "10 CNY"),
        ("1e3", "1e3"),
        (".5", ".5"),
        ("NaN", "NaN"),
        ("１２", "１２"),
        ("ten ", "ten "),
    ],
)
def test_numbers(value: Any, expected: Any) -> None:
    assert same(clean_number(value), expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2", 2),
        (Decimal("2.0"), 2),
        ("1,000", 1000),
        ("-1", -1),
        (3, 3),
        (" ", None),
        ("1.5", "1.5"),
        (Decimal("1.5"), Decimal("1.5")),
        ("99999999999", "99999999999"),
        # whole, and far too long to be written out
        (Decimal("1e999999999"), Decimal("1e999999999")),
        (False, False),
    ],
)
def test_quantities(value: Any, expected: Any) -> None:
    assert same(clean_quantity(value), expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # The shop is at UTC+8: 02:00 in Greenwich, 03:30 at +01:30 and 21:00 of the day before at -05:00 are its 10:00.
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("2024-01-01T10:00:00", "2024-01-01 10:00:00"),
        (" 2024/01/01 10:00:00 ", "2024-01-01 10:00:00"),
        ("2024-01-01T02:00:00Z", "2024-01-01 10:00:00"),
        ("2024-01-01T02:00:00.999Z", "2024-01-01 10:00:00"),
        ("2024-01-01T03:30:00+01:30", "2024-01-01 10:00:00"),
        ("2023-12-31T21:00:00-0500", "2024-01-01 10:00:00"),
        ("2024-02-28T16:00:00Z", "2024-02-29 00:00:00"),
        # 2024-01-01T00:00:00Z is second 1,704,067,200: 54 years with 13 leap days are 19,723 days of 86,400 s
        (1_704_067_200, "2024-01-01 08:00:00"),
        (1_704_067_200_999, "2024-01-01 08:00:00"),
        ("1704067200", "2024-01-01 08:00:00"),
        ("", None),
        # no time, or not one time only
        ("2024-02-30 10:00:00", "2024-02-30 10:00:00"),
        ("2024-01-01 24:00:00", "2024-01-01 24:00:00"),
        ("01/02/2024 10:00:00", "01/02/2024 10:00:00"),
        ("2024/01-01 10:00:00", "2024/01-01 10:00:00"),
        ("2024-01-01", "2024-01-01"),
        ("0001-01-01T00:00:00+10:00", "0001-01-01T00:00:00+10:00"),
        ("yesterday", "yesterday"),
        (17040672000, 17040672000),
        (-1704067200, -1704067200),
        (Decimal("1704067200.5"), Decimal("1704067200.5")),
        (True, True),
    ],
)
def test_times(value: Any, expected: Any) -> None:
    assert same(clean_time(value), expected)


def test_one_item_without_a_list_and_an_order_without_a_status() -> None:
    item = TIDY["items"][0]
    untidy = {name: value for name, value in TIDY.items() if name != "status"} | {"items": item}
    assert clean_order(untidy) == (
        {**TIDY, "status": "pending"},
        (Change("status", None, "pending"), Change("items", "an object", "a list of one")),
    )


def test_changes_name_field_and_values() -> None:
    untidy = {**TIDY, "amount": "99.99", "items": [TIDY["items"][0], {"id": " I002", "price": 0, "quantity": "1"}]}
    cleaned, changes = clean_order(untidy)
    assert changes == (
        Change("amount", "99.99", Decimal("99.99")),
        Change("items[1].id", " I002", "I002"),
        Change("items[1].quantity", "1", 1),
    )
    assert cleaned["items"][1] == {"id": "I002", "price": 0, "quantity": 1}
    assert untidy["amount"] == "99.99", "what was given is not changed"
    assert field_name("items[12].price") == "items.price"


def test_what_is_cleaned_is_clean() -> None:
    generator = UntidyOrderGenerator(seed=4, bad_share=0, untidy_share=1)
    for index in range(300):
        cleaned, changes = clean_order(read_fields(generator.text(index)))
        assert changes
        assert clean_order(cleaned) == (cleaned, ())


def random_json(rng: random.Random, depth: int = 0) -> Any:
    """Something that JSON can say, in the places where orders have their fields; often what nobody expects there."""
    leaves: list[Any] = [
        *(None, True, 0, -1, 2**40, 1.5, 1e300, "", " ", "1,000", "1.0", "-", "\x00", "\ud83d", "茶 🍵"),
        *("2024-01-01T10:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", 9_999_999_999, "x" * 300),
    ]
    choice = rng.random()
    if depth > 2 or choice < 0.7:
        return rng.choice(leaves)
    if choice < 0.8:
        return [random_json(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    names = ["order_id", "user_id", "amount", "status", "items", "timestamp", "id", "name", "price", "quantity"]
    return {name: random_json(rng, depth + 1) for name in rng.sample(names, rng.randint(0, len(names)))}


def test_no_message_breaks_the_job() -> None:
    """Whatever JSON says: an order, or a list of what is wrong with it; and a line of the log can be written."""
    rng = random.Random(1)
    good = OrderGenerator(bad_share=0)
    accepted = 0
    for index in range(3000):
        fields = good.order(index)
        for name in rng.sample(sorted(fields), rng.randint(0, 2)):
            fields[name] = random_json(rng)
        for item in fields["items"] if isinstance(fields.get("items"), list) else []:
            if isinstance(item, dict) and rng.random() < 0.2:
                item[rng.choice(("id", "name", "price", "quantity"))] = random_json(rng)
        cleaned, changes = clean_order(read_fields(json.dumps(fields)))
        order, errors = check_order(cleaned)
        assert (order is None) == bool(errors)
        accepted += order is not None
        for line in ChangeLines().flat_map(RawOrder("", cleaned, changes)):
            assert json.loads(line.encode("utf-8"))["field"]
    assert 500 < accepted < 2500


def test_in_a_stream() -> None:
    """One of two orders is changed, in two places; both go on."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    untidy = {**TIDY, "order_id": "1002", "amount": " 99.99", "status": "COMPLETED"}
    raw = env.from_collection([RawOrder("a", TIDY), RawOrder("b", untidy)])
    cleaned = raw.map(CleanOrder())
    with cleaned.map(lambda order: (order.raw, order.fields["amount"])).execute_and_collect() as orders:
        assert list(orders) == [("a", Decimal("99.99")), ("b", Decimal("99.99"))]
    with cleaned.filter(WasChanged()).map(lambda order: order.raw).execute_and_collect() as changed:
        assert list(changed) == ["b"]
    lines = cleaned.filter(WasChanged()).flat_map(ChangeLines(), output_type=Types.STRING())
    with lines.execute_and_collect() as found:
        assert [json.loads(line) for line in found] == [
            {"order_id": "1002", "field": "amount", "before": " 99.99", "after": "99.99"},
            {"order_id": "1002", "field": "status", "before": "COMPLETED", "after": "completed"},
        ]
