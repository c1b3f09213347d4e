"""Async I/O in a job by hand: each call returns when the results are there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flott.common import Time
from flott.datastream import AsyncDataStream, AsyncFunction
from flott.testing import Harness, StreamRecord

LONG = Time.seconds(60)


async def doubled(value: int) -> list[int]:
    await asyncio.sleep(0.005)
    return [2 * value]


def test_results_are_there_when_the_call_returns(flott_harness: Harness) -> None:
    h = flott_harness
    results = AsyncDataStream.unordered_wait(h.source("numbers"), doubled, LONG, capacity=2)
    h.feed("numbers", 1, 2, 3, timestamp=10)
    assert sorted(h.output(results)) == [2, 4, 6]
    h.watermark("numbers", 20)
    h.feed("numbers", 4, timestamp=30)
    assert h.records(results)[-1] == StreamRecord(8, 30)
    assert h.current_watermark(results) == 20
    assert h.processing_time() == 0, "the harness's clock stands still while a function waits"


def test_an_exception_is_raised_by_the_call_that_caused_it(flott_harness: Harness) -> None:
    async def fails(value: int) -> list[int]:
        raise LookupError(value)

    h = flott_harness
    AsyncDataStream.ordered_wait(h.source("numbers"), fails, LONG)
    with pytest.raises(LookupError, match="7"):
        h.feed("numbers", 7)


def test_the_end_closes_the_function() -> None:
    closed: list[Any] = []

    class Client(AsyncFunction):
        async def async_invoke(self, value: int) -> list[int]:
            return [value]

        def close(self) -> None:
            closed.append(self)

    with Harness() as h:
        results = AsyncDataStream.ordered_wait(h.source("numbers"), Client(), LONG)
        h.feed("numbers", 7)
        assert h.output(results) == [7]
        assert closed == []
    assert len(closed) == 1
