"""Badly written test orders: the same for the same seed, and what they mean is what they were made from."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from stage2_data_transformation.order_cleaner import clean_order
from stage2_data_transformation.order_validator import check_order
from utils.order_generator import BadKind, OrderGenerator
from utils.order_models import InvalidOrder, Reason, order_from_fields, parse_order, read_fields, validate_order
from utils.untidy_orders import Untidiness, UntidyOrderGenerator


def test_orders_are_those_of_the_tidy_generator() -> None:
    tidy, untidy = OrderGenerator(seed=3, bad_share=0.1), UntidyOrderGenerator(seed=3, bad_share=0.1)
    differ = [index for index in range(500) if tidy.text(index) != untidy.text(index)]
    assert differ == [index for index in range(500) if untidy.untidiness(index)]
    assert all(untidy.order(index) == tidy.order(index) for index in range(500))


def test_about_one_in_ten_is_untidy_in_every_way() -> None:
    """9,900 orders at 10%: 990 expected, standard deviation 30; five of them are the limits."""
    counts = UntidyOrderGenerator().count_untidy(10_000)
    assert 840 <= counts.total() <= 1140
    assert set(counts) == set(Untidiness)


def test_a_share_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="untidy_share is 2"):
        UntidyOrderGenerator(untidy_share=2)


def test_how_each_untidiness_looks() -> None:
    generator = UntidyOrderGenerator(seed=8, bad_share=0, untidy_share=1)
    looks: dict[Untidiness | None, tuple[dict, dict]] = {}  # type: ignore[type-arg]
    for index in range(300):
        looks.setdefault(generator.untidiness(index), (generator.order(index), json.loads(generator.text(index))))
    assert set(looks) == set(Untidiness)

    tidy, sent = looks[Untidiness.AMOUNT_AS_TEXT]
    assert sent["amount"] == f"{tidy['amount']:,.2f}"
    tidy, sent = looks[Untidiness.STATUS_IN_CAPITALS]
    assert sent["status"] == tidy["status"].upper()
    tidy, sent = looks[Untidiness.NO_STATUS]
    assert "status" not in sent
    tidy, sent = looks[Untidiness.SINGLE_ITEM]
    assert [sent["items"]] == tidy["items"]
    tidy, sent = looks[Untidiness.ISO_TIME]
    # the shop is eight hours before Greenwich
    utc = datetime.fromisoformat(tidy["timestamp"]) - timedelta(hours=8)
    assert sent["timestamp"] == utc.isoformat() + "Z"
    tidy, sent = looks[Untidiness.MILLISECONDS]
    assert sent["timestamp"] == (utc_of(tidy["timestamp"]) - datetime(1970, 1, 1)).total_seconds() * 1000


def utc_of(shop_time: str) -> datetime:
    return datetime.fromisoformat(shop_time) - timedelta(hours=8)


def test_week_one_refuses_nearly_all_of_them_and_week_two_none() -> None:
    generator = UntidyOrderGenerator(seed=5, bad_share=0, untidy_share=1)
    refused: Counter[Untidiness] = Counter()
    for index in range(300):
        text, untidiness = generator.text(index), generator.untidiness(index)
        assert untidiness is not None
        order, errors = check_order(clean_order(read_fields(text))[0])
        meant = generator.meant(index)
        assert meant is not None
        assert (order, errors) == (parse_order(json.dumps(meant)), []), text
        try:
            validate_order(parse_order(text))
        except InvalidOrder:
            refused[untidiness] += 1
    # week 1 takes the spaces for part of the names: of the id and the item, not of the status
    assert set(refused) == set(Untidiness)


def test_some_broken_orders_can_be_read_after_all() -> None:
    generator = UntidyOrderGenerator(seed=1, bad_share=1)
    reasons: Counter[Reason] = Counter()
    mended: Counter[BadKind] = Counter()
    for index in range(500):
        kind, meant = generator.kind(index), generator.meant(index)
        assert kind is not None
        try:
            fields = clean_order(read_fields(generator.text(index)))[0]
            order, errors = order_from_fields(fields), check_order(fields)[1]
        except InvalidOrder as error:
            order, errors = None, [error]
        if meant is None:
            reasons[errors[0].reason] += 1
        else:
            mended[kind] += 1
            assert (order, errors) == (parse_order(json.dumps(meant)), [])
    assert reasons == generator.expected_reasons(500)
    assert set(mended) == {BadKind.WRONG_TYPE, BadKind.MISSING_FIELD, BadKind.UNKNOWN_STATUS}
