"""Judges exercise 2.1."""

from __future__ import annotations

import pytest

from flott.testing import one_input_harness
from stage2_data_transformation.exercises.e01_clean_status import CleanStatus
from utils.exercise import expect


def cleaned(order: dict[str, str]) -> list[dict[str, str]]:
    with one_input_harness(CleanStatus()) as h:
        h.process_element(order)
        return h.extract_output_values()


@pytest.mark.parametrize(("status", "clean"), [(" Completed ", "completed"), ("FAILED\n", "failed"), ("  ", "pending")])
def test_status_in_small_letters(status: str, clean: str) -> None:
    order = {"order_id": "O1", "status": status}
    expect(
        cleaned(order), [{"order_id": "O1", "status": clean}], order, "text.strip().lower(), or 'pending' if it is ''"
    )


def test_without_a_status() -> None:
    expect(cleaned({"order_id": "O1"}), [{"order_id": "O1", "status": "pending"}], {"order_id": "O1"}, "dict.get")


def test_what_comes_in_stays_as_it_is() -> None:
    order = {"order_id": "O1", "status": "FAILED"}
    cleaned(order)
    idea = "others may read the same record: a function that changes its input changes it for them as well"
    expect(order, {"order_id": "O1", "status": "FAILED"}, "the order behind the call", idea)
