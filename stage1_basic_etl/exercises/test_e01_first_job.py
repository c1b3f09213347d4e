"""Judges exercise 1.1."""

from __future__ import annotations

import pytest

from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.exercises.e01_first_job import shout
from utils.exercise import expect


def test_words_in_capitals() -> None:
    idea = "map() takes a function of one record: str.upper is one. list(...) reads what execute_and_collect() returns"
    expect(shout(["tea", "cup"]), ["TEA", "CUP"], ["tea", "cup"], idea)


def test_it_is_a_job_that_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = StreamExecutionEnvironment.from_collection

    def from_collection(env: StreamExecutionEnvironment, collection: list[str], *more: object) -> object:
        made.append(list(collection))
        return real(env, collection, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(StreamExecutionEnvironment, "from_collection", from_collection)
    shout(["tea"])
    expect(made, [["tea"]], "['tea'], and the collections that streams were made of", "use env.from_collection(words)")
