"""Kafka in transactions and JDBC exactly once, in jobs that fail in the middle and go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from flott.common import RestartStrategies, Row, SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import MapFunction, StreamExecutionEnvironment
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.connectors.base import DeliveryGuarantee
from flott.datastream.connectors.jdbc import JdbcSink
from flott.datastream.connectors.kafka import (
    FlinkKafkaProducer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    Semantic,
)
from flott.errors import ConfigurationError
from tests.awaiting import until
from tests.connectors.test_jdbc import Target, target  # noqa: F401  a fixture
from tests.connectors.test_kafka import create, read, source
from tests.datastream import failing
from tests.datastream.failing import AWAITED, FAILS, meet
from tests.datastream.test_exactly_once import environment

Env = StreamExecutionEnvironment

N = 20_000


@pytest.fixture(autouse=True)
def no_failures_left() -> Iterator[None]:
    yield
    failing.forget()


class Fails(MapFunction):
    def map(self, value: int) -> str:
        meet(value)
        return str(value)


def numbers(env: Env, checkpoints: Path | None) -> Any:
    """The numbers below N as texts, with two failures where there are checkpoints."""
    source = env.from_source(NumberSequenceSource(0, N - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    if checkpoints is not None:
        env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
        FAILS[:], AWAITED[:] = [N // 2, N - 5], [checkpoints]
    return source.set_parallelism(1).map(Fails(), Types.STRING()).rebalance()


def exact(brokers: str, topic: str) -> KafkaSink:
    serializer = KafkaRecordSerializationSchema.builder().set_topic(topic)
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(brokers)
        .set_record_serializer(serializer.set_value_serialization_schema(SimpleStringSchema()).build())
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .set_transactional_id_prefix(topic)
        .build()
    )


def has(brokers: str, topic: str, partitions: int, expected: list[str]) -> None:
    """A reader of committed records, one that is not Flott's, finds these in the whole topic, in any order.

    Kafka has decided about a transaction a moment before readers see it.
    """
    until(lambda: len(committed(brokers, topic, partitions)) >= len(expected), "records are missing")
    assert sorted(committed(brokers, topic, partitions)) == sorted(expected)


def committed(brokers: str, topic: str, partitions: int) -> list[str]:
    settings = {"bootstrap.servers": brokers, "group.id": "look", "isolation.level": "read_committed"}
    consumer = Consumer({**settings, "enable.partition.eof": True, "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
        found, ended = [], 0
        while ended < partitions:
            message = consumer.poll(30)
            assert message is not None
            if message.error() is None:
                found.append((message.value() or b"").decode())
            else:
                ended += 1
        return found
    finally:
        consumer.close()


@pytest.mark.parametrize("parallelism", [1, 3])
def test_a_topic_has_each_record_once_after_restarts(
    brokers: str, topic: str, tmp_path: Path, parallelism: int
) -> None:
    create(brokers, topic, 2)
    env = environment(parallelism, tmp_path)
    numbers(env, tmp_path).sink_to(exact(brokers, topic))
    env.execute()
    assert not FAILS
    has(brokers, topic, 2, [str(number) for number in range(N)])
    # and nothing is left open that would hold back a reader
    producer = Producer({"bootstrap.servers": brokers})
    producer.produce(topic, str(N).encode(), partition=0)
    assert producer.flush(30) == 0
    has(brokers, topic, 2, [str(number) for number in range(N + 1)])


def test_the_old_producer_has_each_record_once_too(brokers: str, topic: str, tmp_path: Path) -> None:
    create(brokers, topic, 2)
    env = environment(2, tmp_path)
    producer = FlinkKafkaProducer(
        topic, SimpleStringSchema(), {"bootstrap.servers": brokers}, semantic=Semantic.EXACTLY_ONCE
    )
    numbers(env, tmp_path).add_sink(producer)
    env.execute()
    assert not FAILS
    has(brokers, topic, 2, [str(number) for number in range(N)])


def test_without_checkpoints_transactions_are_committed_all_the_same(
    brokers: str, topic: str, capfd: pytest.CaptureFixture[str]
) -> None:
    create(brokers, topic, 2)
    env = Env.get_execution_environment().set_parallelism(2)
    # a name of its own: what is said twice within seconds is printed once
    numbers(env, None).sink_to(exact(brokers, topic)).name(topic)
    env.execute()
    has(brokers, topic, 2, [str(number) for number in range(N)])
    said = capfd.readouterr().err
    assert said.count(f"'{topic}' is to write EXACTLY_ONCE") == 1 and "enable_checkpointing" in said


def test_a_source_of_committed_records_does_not_see_what_is_open_or_was_taken_back(
    env: Env, brokers: str, topic: str
) -> None:
    create(brokers, topic)
    for name, end in (("taken back", Producer.abort_transaction), ("committed", Producer.commit_transaction)):
        producer = Producer({"bootstrap.servers": brokers, "transactional.id": f"{topic}-{name}"})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(topic, name.encode())
        producer.flush(30)
        end(producer, 30)
    opened = Producer({"bootstrap.servers": brokers, "transactional.id": f"{topic}-open"})
    opened.init_transactions(30)
    opened.begin_transaction()
    opened.produce(topic, b"open")
    opened.flush(30)
    try:
        has(brokers, topic, 1, ["committed"])
        builder = source(brokers, topic).set_property("isolation.level", "read_committed")
        assert read(env, builder) == ["committed"]
        assert read(Env.get_execution_environment(), source(brokers, topic)) == ["taken back", "committed", "open"]
    finally:
        opened.abort_transaction(30)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"transaction.timeout.ms": "900001"}, "the brokers allow 900000 at most"),
        ({"security.protocol": "SSL"}, "transactions .* work over PLAINTEXT and SASL_PLAINTEXT"),
        ({"transactional.id": "mine"}, "transactional-id-prefix"),
    ],
)
def test_what_transactions_do_not_work_with_is_refused(
    brokers: str, topic: str, tmp_path: Path, properties: dict[str, str], said: str
) -> None:
    create(brokers, topic)
    env = environment(1, tmp_path)
    producer = FlinkKafkaProducer(
        topic, SimpleStringSchema(), {"bootstrap.servers": brokers, **properties}, semantic=Semantic.EXACTLY_ONCE
    )
    with pytest.raises(ConfigurationError, match=said):
        env.from_collection(["a"], Types.STRING()).add_sink(producer)
        env.execute()


ROW = Types.ROW_NAMED(["id", "text"], [Types.INT(), Types.STRING()])


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_table_has_each_row_once_after_restarts(target: Target, tmp_path: Path, parallelism: int) -> None:  # noqa: F811
    # no key: a row that comes twice is there twice
    target.query("CREATE TABLE numbers (id INT, text VARCHAR(20))")
    env = environment(parallelism, tmp_path / "checkpoints")
    rows = numbers(env, tmp_path / "checkpoints").map(lambda text: Row(id=int(text), text=json.dumps(text)), ROW)
    rows.add_sink(JdbcSink.exactly_once_sink("INSERT INTO numbers (id, text) VALUES (?, ?)", ROW, target.options))
    env.execute()
    assert not FAILS
    assert target.query("SELECT id, text FROM numbers ORDER BY id") == [(n, f'"{n}"') for n in range(N)]
    # a line for each writer: of the first start and of two more
    lines = target.query("SELECT subtask FROM flott_commits ORDER BY subtask")
    assert lines == [(subtask,) for subtask in range(parallelism) for _ in range(3)]
