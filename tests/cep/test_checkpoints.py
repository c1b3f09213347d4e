"""Jobs with patterns that fail behind a checkpoint and go on from it: they find what a job finds that never failed."""

from __future__ import annotations

from typing import Any

import pytest

from flott.cep import CEP, Pattern, PatternProcessFunction, TimedOutPartialMatchHandler, last
from flott.common import RestartStrategies, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import OutputTag, StreamExecutionEnvironment
from flott.datastream.connectors import NumberSequenceSource
from flott.table.expressions import col
from tests.datastream.failing import FAILS, meet

#: More than the channels of the job can hold: the source is still there when a checkpoint is taken.
N = 20_000
KEYS = 7


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        number: int = value
        return number


OVER = OutputTag("over")


class Pairs(PatternProcessFunction, TimedOutPartialMatchHandler):
    def process_match(self, match: Any, ctx: Any) -> Any:
        a, b = match["a"][0], match["b"][0]
        yield (a, b) if isinstance(a, int) else (a.n, b.n)

    def process_timed_out_match(self, match: Any, ctx: Any) -> Any:
        yield OVER, match["a"][0]


def expected() -> set[tuple[int, int]]:
    """A number that 5 divides, and the next of its key that it does not: the one 7 behind, or where that is one of the
    first kind as well the one behind that."""
    pairs = set()
    for number in range(0, N, 5):
        behind = [other for other in range(number + KEYS, min(number + 20, N), KEYS) if other % 5]
        pairs.update((number, other) for other in behind[:1])
    return pairs


@pytest.mark.parametrize("columns", [False, True], ids=["objects", "columns"])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_a_job_that_fails_goes_on_with_its_partial_matches(columns: bool, parallelism: int) -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(parallelism)
    env.enable_checkpointing(10)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:] = [N // 2, N - 5]
    source = env.from_source(NumberSequenceSource(0, N - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    numbers = source.set_parallelism(1).map(lambda value: (meet(value), value)[1], Types.LONG()).set_parallelism(1)
    times = WatermarkStrategy.for_monotonous_timestamps()
    begin = Pattern.begin("a")
    keyed: Any
    if columns:
        keyed = (
            numbers.select(col("value").alias("n"), (col("value") % KEYS).alias("k"))
            .assign_timestamps_and_watermarks(times.with_timestamp_assigner(col("n")))
            .key_by("k")
        )
        pattern = (
            begin.where(col("n") % 5 == 0).followed_by("b").where((col("n") % 5 != 0) & (col("n") > last("a", "n")))
        )
    else:
        timed = numbers.assign_timestamps_and_watermarks(times.with_timestamp_assigner(Itself()))
        keyed = timed.key_by(lambda number: number % KEYS)
        pattern = begin.where(lambda n: n % 5 == 0).followed_by("b").where(lambda n: n % 5 != 0)
    found = CEP.pattern(keyed, pattern.within(20)).process(Pairs())
    with found.execute_and_collect() as results:
        # collecting is at least once
        assert set(results) == expected()
    assert not FAILS
