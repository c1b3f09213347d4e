"""Judges exercise 2.3."""

from __future__ import annotations

from typing import Any

from flott.testing import one_input_harness
from stage2_data_transformation.exercises.e03_flat_map_class import ReadBatch
from utils.exercise import expect


def read(message: str) -> list[Any]:
    with one_input_harness(ReadBatch()) as h:
        h.process_element(message)
        return h.extract_output_values()


def test_an_order_a_line() -> None:
    message = "# Monday\nO1; 12.50\n\nO2;20.00"
    expect(
        read(message), [("O1", 1250), ("O2", 2000)], message, "message.splitlines(), line.strip(), line.partition(';')"
    )


def test_every_cent_counts() -> None:
    message = "O1;1.15\nO2;8.20\nO3;0.29"
    idea = "1.15 * 100 is 114.99999999999999; int(Decimal('1.15') * 100) is 115, and so is int('1.15'.replace('.', ''))"
    expect(read(message), [("O1", 115), ("O2", 820), ("O3", 29)], message, idea)


def test_a_message_with_nothing_in_it() -> None:
    expect(read("# nothing today\n"), [], "# nothing today\n", "a generator that yields nothing is fine")
