"""The number sequence source, at each batch size and parallelism."""

from __future__ import annotations

import pytest

from flott.common import Types, WatermarkStrategy
from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource


def numbers(env: StreamExecutionEnvironment, first: int, last: int) -> DataStream:
    source = NumberSequenceSource(first, last)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())


@pytest.mark.parametrize("parallelism", [1, 2, 3])
@pytest.mark.parametrize("batch_size", ["1", "3", ""])
def test_every_number_once(
    env: StreamExecutionEnvironment, parallelism: int, batch_size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", batch_size)
    env.set_parallelism(parallelism)
    with numbers(env, -5, 20).execute_and_collect() as results:
        collected = list(results)
    assert sorted(collected) == list(range(-5, 21))
    if parallelism == 1:
        assert collected == list(range(-5, 21))


def test_fewer_numbers_than_subtasks(env: StreamExecutionEnvironment) -> None:
    env.set_parallelism(3)
    with numbers(env, 7, 7).execute_and_collect() as results:
        assert list(results) == [7]


def test_the_largest_numbers(env: StreamExecutionEnvironment) -> None:
    with numbers(env, 2**63 - 3, 2**63 - 1).execute_and_collect() as results:
        assert list(results) == [2**63 - 3, 2**63 - 2, 2**63 - 1]


def test_a_range_that_is_none() -> None:
    with pytest.raises(ValueError, match="5.*4|4.*5"):
        NumberSequenceSource(5, 4)
