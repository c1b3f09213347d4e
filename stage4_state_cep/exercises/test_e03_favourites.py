"""Judges exercise 4.3."""

from __future__ import annotations

from flott.testing import one_input_harness
from stage4_state_cep.exercises.e03_favourites import Favourite
from utils.exercise import expect

PURCHASES = [
    ("ada", "tea", 1),
    ("ada", "cup", 1),
    ("bob", "cup", 9),
    ("ada", "cup", 1),
    ("ada", "tea", 3),
    ("ada", "tea", 1),
]


def test_a_favourite_that_changes() -> None:
    with one_input_harness(Favourite(), key_selector=lambda purchase: purchase[0]) as h:
        for purchase in PURCHASES:
            h.process_element(purchase)
        expected = [("ada", "tea"), ("bob", "cup"), ("ada", "cup"), ("ada", "tea")]
        idea = "only the product that was just bought can become the favourite: compare it with the one that is"
        expect(h.extract_output_values(), expected, PURCHASES, idea)


def test_pieces_are_counted_in_state() -> None:
    with one_input_harness(Favourite(), key_selector=lambda purchase: purchase[0]) as h:
        for purchase in PURCHASES:
            h.process_element(purchase)
        expected = {"ada": {"tea": 5, "cup": 2}, "bob": {"cup": 9}}
        expect(
            h.states("pieces"), expected, "what is in the state 'pieces'", "put(product, (get(product) or 0) + pieces)"
        )
