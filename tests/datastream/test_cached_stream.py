"""A cached stream: the first job makes its records, later ones read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Row, Types, WatermarkStrategy
from flott.common.serialization import SimpleStringSchema
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import ProcessFunction, StreamExecutionEnvironment
from flott.datastream.connectors.kafka import KafkaSource
from flott.datastream.connectors.number_seq import NumberSequenceSource

Env = StreamExecutionEnvironment


def collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as results:
        return sorted(results)


class Source:
    """A stream of 1, 2, 3 that counts how often its records are made."""

    def __init__(self, env: Env) -> None:
        self.made: list[int] = []
        self.stream = env.from_collection([1, 2, 3], Types.INT()).map(self._count, Types.INT())

    def _count(self, n: int) -> int:
        self.made.append(n)
        return n


def test_records_are_made_once(env: Env) -> None:
    source = Source(env)
    cached = source.stream.cache()
    assert collect(cached.map(lambda n: n * 10)) == [10, 20, 30]
    assert collect(cached.filter(lambda n: n > 1)) == [2, 3]
    assert collect(cached) == [1, 2, 3]
    assert sorted(source.made) == [1, 2, 3]


def test_several_readers_of_one_job(env: Env) -> None:
    source = Source(env)
    cached = source.stream.cache()
    seen: list[int] = []
    cached.map(seen.append)
    assert collect(cached) == [1, 2, 3]
    assert (sorted(seen), sorted(source.made)) == ([1, 2, 3], [1, 2, 3])


def test_invalidated_records_are_made_again(single: Env) -> None:
    source = Source(single)
    cached = source.stream.cache()
    collect(cached)
    cached.invalidate()
    assert collect(cached) == [1, 2, 3]
    assert collect(cached) == [1, 2, 3]
    assert source.made == [1, 2, 3, 1, 2, 3]
    single.close()
    collect(cached)
    assert len(source.made) == 9


def test_a_job_that_did_not_finish_keeps_nothing(single: Env) -> None:
    source = Source(single)
    cached = source.stream.cache()
    cached.map(lambda n: 1 // (n - 2))
    with pytest.raises(ZeroDivisionError):
        single.execute()
    assert collect(cached) == [1, 2, 3]
    before = len(source.made)
    assert collect(cached) == [1, 2, 3]
    assert len(source.made) == before


def test_rows_and_their_type(single: Env) -> None:
    named = Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])
    cached = single.from_collection([(1, "a"), (2, None)], named).cache()
    for _ in range(2):
        with cached.execute_and_collect() as rows:
            assert list(rows) == [Row(id=1, name="a"), Row(id=2, name=None)]
    assert cached.get_type() == named


def test_timestamps_are_kept(env: Env) -> None:
    class Ten(TimestampAssigner):
        def extract_timestamp(self, value: int, record_timestamp: int) -> int:
            return value * 10

    class Time(ProcessFunction):
        def process_element(self, value: int, ctx: ProcessFunction.Context) -> Iterator[tuple[int, int]]:
            yield value, ctx.timestamp()

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Ten())
    cached = env.from_collection([1, 2, 3]).assign_timestamps_and_watermarks(strategy).cache()
    for _ in range(2):
        assert collect(cached.process(Time())) == [(1, 10), (2, 20), (3, 30)]


def test_a_stream_without_end_is_refused(single: Env) -> None:
    builder = KafkaSource.builder().set_bootstrap_servers("localhost:1").set_topics("a").set_group_id("g")
    source = builder.set_value_only_deserializer(SimpleStringSchema()).build()
    cached = single.from_source(source, WatermarkStrategy.no_watermarks(), "Kafka").cache()
    cached.print()
    with pytest.raises(ValueError, match="bound the source"):
        single.execute()


def test_what_configures_an_operator_belongs_before(single: Env) -> None:
    numbers = single.from_source(NumberSequenceSource(1, 3), WatermarkStrategy.no_watermarks(), "numbers")
    cached: Any = numbers.cache()
    for call, argument in [
        ("name", "a"), ("uid", "a"), ("set_parallelism", 1), ("set_max_parallelism", 1), ("slot_sharing_group", "a"),
        ("set_uid_hash", "a"), ("set_buffer_timeout", 1), ("set_description", "a"),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match=rf"{call}\(\) is not for a cached stream"):
            getattr(cached, call)(argument)
    for call in ("get_name", "disable_chaining", "start_new_chain", "force_non_parallel"):
        with pytest.raises(TypeError, match="is not for a cached stream"):
            getattr(cached, call)()
    with pytest.raises(TypeError, match=r"call cache\(\) before key_by\(\)"):
        numbers.key_by(lambda n: n).cache()
