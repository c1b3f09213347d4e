"""Test orders: the same for the same seed, valid unless broken on purpose, broken for the reason they claim."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from utils.order_generator import EXPECTED_REASON, RAW_KINDS, TEXT_KINDS, BadKind, OrderGenerator
from utils.order_models import InvalidOrder, parse_order, validate_order


def test_an_order_depends_on_seed_and_number_only() -> None:
    forwards = [OrderGenerator(seed=5).text(index) for index in range(50)]
    one = OrderGenerator(seed=5)
    assert [one.text(index) for index in reversed(range(50))] == forwards[::-1]
    assert forwards != [OrderGenerator(seed=6).text(index) for index in range(50)]


def test_unbroken_orders_are_valid_and_add_up() -> None:
    generator = OrderGenerator(bad_share=0)
    for index in range(500):
        order = parse_order(generator.payload(index))
        validate_order(order)
        assert sum(item.line_amount for item in order.items) == order.amount
        assert order.order_id == f"O{index + 1:08d}"


@pytest.mark.parametrize("kind", BadKind)
def test_each_kind_is_rejected_for_its_reason(kind: BadKind) -> None:
    generator = OrderGenerator(bad_share=1, kinds=(kind,))
    for index in range(100):
        with pytest.raises(InvalidOrder) as refused:
            validate_order(parse_order(generator.payload(index)))
        assert refused.value.reason is EXPECTED_REASON[kind], generator.payload(index)


def test_about_one_in_a_hundred_is_broken_in_every_way() -> None:
    """10,000 orders at 1%: 100 expected, standard deviation 9.95; five of them are the limits."""
    counts = OrderGenerator().count_kinds(10_000)
    assert 50 <= counts.total() <= 150
    assert set(counts) == set(TEXT_KINDS)


def test_kind_tells_which_messages_are_broken() -> None:
    generator = OrderGenerator(bad_share=0.5)
    for index in range(200):
        intact = json.dumps(generator.order(index), ensure_ascii=False)
        assert (generator.text(index) == intact) == (generator.kind(index) is None)


def test_kinds_that_no_text_can_express() -> None:
    for kind in RAW_KINDS:
        with pytest.raises(ValueError, match="use payload"):
            OrderGenerator(bad_share=1, kinds=(kind,)).text(0)


def test_names_of_products_leave_ascii_and_the_basic_plane() -> None:
    text = "".join(OrderGenerator().text(index) for index in range(300))
    assert "茶杯" in text
    assert any(ord(character) > 0xFFFF for character in text)


def test_some_orders_are_out_of_order_but_never_by_more_than_five_seconds() -> None:
    generator = OrderGenerator(bad_share=0)
    times = [parse_order(generator.text(index)).order_time for index in range(500)]
    latest, most_late = times[0], 0.0
    for time in times:
        most_late = max(most_late, (latest - time).total_seconds())
        latest = max(latest, time)
    assert 0 < most_late <= 5


@pytest.mark.parametrize("arguments", [{"bad_share": 1.5}, {"bad_share": -0.1}, {"users": 0}, {"kinds": ()}])
def test_arguments_that_make_no_sense(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        OrderGenerator(**arguments)  # type: ignore[arg-type]


def test_amounts_have_two_decimals() -> None:
    generator = OrderGenerator(bad_share=0)
    for index in range(200):
        exponent = Decimal(str(generator.order(index)["amount"])).as_tuple().exponent
        assert isinstance(exponent, int) and exponent >= -2
