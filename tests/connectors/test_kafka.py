"""Kafka through the Python API, against the embedded broker and against Apache Kafka."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from flott.common import Configuration, Duration, Row, SimpleStringSchema, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.datastream.connectors.base import DeliveryGuarantee
from flott.datastream.connectors.kafka import (
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
    KafkaSourceBuilder,
    KafkaTopicPartition,
)
from flott.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from flott.datastream.window import TumblingEventTimeWindows
from flott.errors import FlottError
from tests.awaiting import until

Env = StreamExecutionEnvironment
Offsets = KafkaOffsetsInitializer


def create(brokers: str, topic: str, partitions: int = 1) -> None:
    admin = AdminClient({"bootstrap.servers": brokers})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)


def produce(brokers: str, topic: str, records: Iterable[Any], partition: int = 0, **more: Any) -> None:
    """Each record to the partition; a pair is a key and a value."""
    producer = Producer({"bootstrap.servers": brokers})
    for record in records:
        key, value = record if isinstance(record, tuple) else (None, record)
        producer.produce(topic, key=key, value=value, partition=partition, **more)
    assert producer.flush(30) == 0


def consume(brokers: str, topic: str, count: int) -> list[tuple[bytes | None, bytes | None, int]]:
    """The first ``count`` records: key, value and partition."""
    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": f"reader-of-{topic}", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    records: list[tuple[bytes | None, bytes | None, int]] = []
    end = time.monotonic() + 60
    while len(records) < count and time.monotonic() < end:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            records.append((message.key(), message.value(), message.partition()))
    consumer.close()
    return records


def source(brokers: str, *topics: str) -> KafkaSourceBuilder:
    builder = KafkaSource.builder().set_bootstrap_servers(brokers).set_value_only_deserializer(SimpleStringSchema())
    if topics:
        builder = builder.set_topics(*topics)
    return builder.set_group_id(f"group-of-{'-'.join(topics)}"[:200]).set_starting_offsets(Offsets.earliest())


def stream(env: Env, builder: KafkaSourceBuilder, bounded: bool = True) -> DataStream:
    if bounded:
        builder = builder.set_bounded(Offsets.latest())
    return env.from_source(builder.build(), WatermarkStrategy.no_watermarks(), "orders")


def read(env: Env, builder: KafkaSourceBuilder) -> list[Any]:
    with stream(env, builder).execute_and_collect() as results:
        return list(results)


# --- where reading starts and ends


@pytest.mark.parametrize("batch_size", ["1", "3", ""])
@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_a_bounded_source_reads_every_partition_to_its_end(
    env: Env, brokers: str, topic: str, parallelism: int, batch_size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", batch_size)
    create(brokers, topic, 3)
    for partition in range(3):
        produce(brokers, topic, [f"{partition}-{n}" for n in range(10)], partition)
    env.set_parallelism(parallelism)
    collected = read(env, source(brokers, topic))
    assert sorted(collected) == sorted(f"{partition}-{n}" for partition in range(3) for n in range(10))
    for partition in range(3):
        # the records of a partition keep their order
        own = [record for record in collected if record.startswith(f"{partition}-")]
        assert own == [f"{partition}-{n}" for n in range(10)]


def test_an_empty_topic_has_an_end_too(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic, 2)
    assert read(env, source(brokers, topic)) == []


def test_what_comes_after_the_start_is_not_read_by_a_bounded_source_and_is_by_an_unbounded_one(
    env: Env, brokers: str, topic: str
) -> None:
    create(brokers, topic)
    produce(brokers, topic, ["first"])
    with stream(env, source(brokers, topic), bounded=False).execute_and_collect() as results:
        assert next(results) == "first"
        produce(brokers, topic, ["second"])
        assert next(results) == "second"


def test_latest_begins_behind_what_is_there(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    produce(brokers, topic, ["old"])
    builder = source(brokers, topic).set_starting_offsets(Offsets.latest())
    stopped = threading.Event()

    def keep_producing() -> None:
        number = 0
        while not stopped.wait(0.05):
            produce(brokers, topic, [f"new {number}"])
            number += 1

    producing = threading.Thread(target=keep_producing)
    with stream(env, builder, bounded=False).execute_and_collect() as results:
        producing.start()
        try:
            assert next(results).startswith("new ")
        finally:
            stopped.set()
            producing.join()


def test_explicit_offsets_and_a_reset_for_the_other_partitions(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic, 2)
    for partition in range(2):
        produce(brokers, topic, [f"{partition}-{n}" for n in range(4)], partition)
    start = Offsets.offsets({KafkaTopicPartition(topic, 0): 3}, KafkaOffsetResetStrategy.EARLIEST)
    collected = read(env, source(brokers, topic).set_starting_offsets(start))
    assert sorted(collected) == ["0-3", "1-0", "1-1", "1-2", "1-3"]


def test_bounded_by_explicit_offsets(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    produce(brokers, topic, ["a", "b", "c"])
    builder = source(brokers, topic).set_bounded(Offsets.offsets({KafkaTopicPartition(topic, 0): 2}))
    stream = env.from_source(builder.build(), WatermarkStrategy.no_watermarks(), "orders")
    with stream.execute_and_collect() as results:
        assert list(results) == ["a", "b"]


def test_a_timestamp(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    for number in range(5):
        produce(brokers, topic, [f"at {number}000"], timestamp=1_700_000_000_000 + number * 1000)
    start = Offsets.timestamp(1_700_000_002_500)
    assert read(env, source(brokers, topic).set_starting_offsets(start)) == ["at 3000", "at 4000"]


def test_committed_offsets_go_on_where_the_last_run_ended(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic, 2)
    produce(brokers, topic, ["1", "2"], 0)
    builder = source(brokers, topic).set_starting_offsets(Offsets.committed_offsets(KafkaOffsetResetStrategy.EARLIEST))
    assert sorted(read(env, builder)) == ["1", "2"]
    produce(brokers, topic, ["3"], 0)
    produce(brokers, topic, ["4"], 1)
    assert sorted(read(env, builder)) == ["3", "4"]
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"group-of-{topic}"})
    committed = consumer.committed([TopicPartition(topic, 0), TopicPartition(topic, 1)], timeout=30)
    consumer.close()
    assert [partition.offset for partition in committed] == [3, 1]


def test_committed_offsets_of_a_new_group_without_a_reset(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    produce(brokers, topic, ["1"])
    builder = source(brokers, topic).set_starting_offsets(Offsets.committed_offsets())
    with pytest.raises(FlottError, match=f"group-of-{topic}"[:40]):
        read(env, builder)


# --- what is read


def test_topics_by_name_by_pattern_and_by_partition(env: Env, brokers: str, topic: str) -> None:
    for suffix in ("a", "b", "other"):
        create(brokers, f"{topic}-{suffix}", 2)
        produce(brokers, f"{topic}-{suffix}", [f"{suffix}0"], 0)
        produce(brokers, f"{topic}-{suffix}", [f"{suffix}1"], 1)
    assert sorted(read(env, source(brokers, f"{topic}-a", f"{topic}-b"))) == ["a0", "a1", "b0", "b1"]
    pattern = source(brokers).set_topic_pattern(f"{topic}-[ab]").set_group_id(f"{topic}-g")
    assert sorted(read(env, pattern)) == ["a0", "a1", "b0", "b1"]
    partitions = {KafkaTopicPartition(f"{topic}-a", 1), KafkaTopicPartition(f"{topic}-other", 0)}
    listed = source(brokers).set_partitions(partitions).set_group_id(f"{topic}-g")
    assert sorted(read(env, listed)) == ["a1", "other0"]


def test_partitions_that_are_added_are_found(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    produce(brokers, topic, ["before"])
    builder = source(brokers, topic).set_property("partition.discovery.interval.ms", "200")
    with stream(env, builder, bounded=False).execute_and_collect() as results:
        assert next(results) == "before"
        admin = AdminClient({"bootstrap.servers": brokers})
        admin.create_partitions([NewPartitions(topic, 2)])[topic].result(30)
        produce(brokers, topic, ["in the new one"], 1)
        assert next(results) == "in the new one"


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: str, record_timestamp: int) -> int:
        return int(value)


SEEN: list[int] = []


def note(value: str) -> str:
    SEEN.append(int(value))
    return value


def test_a_partition_that_is_ahead_is_paused_until_the_others_have_caught_up(
    brokers: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", "10")
    SEEN.clear()
    create(brokers, topic, 2)
    produce(brokers, topic, map(str, range(1_000)), 0)
    produce(brokers, topic, map(str, range(10_000, 11_000)), 1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    strategy = strategy.with_watermark_alignment("g", Duration.of_millis(100), Duration.of_millis(100))
    env = Env.get_execution_environment(Configuration().set_integer("flott.watermark-every", 10))
    env.from_source(source(brokers, topic).build(), strategy, "two partitions").map(note).print()
    client = env.execute_async()

    def paused() -> list[str]:
        answers = [task["answer"] for task in json.loads(client._job.standing())["tasks"]]
        return [split["id"] for answer in answers if answer for split in answer["splits"] if split["paused"]]

    def early() -> list[int]:
        return [time for time in list(SEEN) if time < 10_000]

    # the second one may come to its end before anybody knows where the first one is; then it waits
    until(lambda: len(early()) == 1_000 and len(paused()) == 1)
    assert paused() == [f"{topic}-1"]
    produce(brokers, topic, map(str, range(11_000, 11_010)), 1)
    produce(brokers, topic, map(str, range(1_000, 9_000)), 0)
    until(lambda: len(early()) == 9_000)
    # 8999 + 100 is in front of its first record
    assert max(SEEN) < 11_000 and paused() == [f"{topic}-1"]
    produce(brokers, topic, map(str, range(9_000, 11_000)), 0)
    until(lambda: len(SEEN) == 11_000 + 1_010)
    assert early() == list(range(10_000)), "in order"
    assert sorted(SEEN) == sorted([*range(11_000), *range(10_000, 11_010)])
    client.cancel().result()


@pytest.mark.parametrize("parallelism", [1, 3])
def test_windows_end_though_a_partition_is_empty_and_a_subtask_has_none(
    brokers: str, topic: str, parallelism: int
) -> None:
    create(brokers, topic, 2)
    produce(brokers, topic, ["100", "200", "5000"], 0)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    env = Env.get_execution_environment().set_parallelism(parallelism)
    # it does not end: the second partition may go on
    read = env.from_source(source(brokers, topic).build(), strategy.with_idleness(Duration.of_millis(300)), "orders")
    windows = read.map(int).key_by(lambda time: 0).window(TumblingEventTimeWindows.of(Time.seconds(1)))
    with windows.reduce(lambda a, b: a + b).execute_and_collect() as results:
        assert next(results) == 300


def test_null_values_are_skipped_and_counted(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    produce(brokers, topic, [("k", "1"), ("k", None), ("k", "3")])
    stream(env, source(brokers, topic)).print()
    metrics = env.execute().get_metrics()["orders"]
    assert metrics["numRecordsOut"] == 2
    assert [count for name, count in metrics.items() if "null" in name.lower()] == [1]


def test_a_missing_topic_is_named(env: Env, brokers: str, topic: str) -> None:
    builder = source(brokers, topic).set_property("allow.auto.create.topics", "false")
    with pytest.raises(FlottError, match=topic):
        read(env, builder)


def test_an_unknown_property_is_named(env: Env, brokers: str, topic: str) -> None:
    with pytest.raises(FlottError, match=r"fetch\.min\.byte"):
        read(env, source(brokers, topic).set_property("fetch.min.byte", "1"))


ORDER = Types.ROW_NAMED(
    ["id", "name", "amount", "lines"],
    [
        Types.LONG(),
        Types.STRING(),
        Types.BIG_DEC(),
        Types.LIST(Types.ROW_NAMED(["item", "quantity"], [Types.STRING(), Types.INT()])),
    ],
)


def test_json_into_rows_and_back(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    orders = [
        {"id": 1, "name": "naïve 😀", "amount": "12.50", "lines": [
            {"item": "a", "quantity": 2}, {"item": "b", "quantity": 1},
        ]},
        {"id": 2, "name": None, "amount": None, "lines": []},
    ]  # fmt: skip
    produce(brokers, topic, [json.dumps(order) for order in orders])
    schema = JsonRowDeserializationSchema.builder().type_info(ORDER).build()
    rows = stream(env, source(brokers, topic).set_value_only_deserializer(schema))
    assert rows.get_type() == ORDER
    with rows.execute_and_collect() as results:
        first, second = list(results)
    assert (first.id, first.name, first.amount) == (1, "naïve 😀", Decimal("12.50"))
    assert first.lines == [Row(item="a", quantity=2), Row(item="b", quantity=1)]
    assert list(second) == [2, None, None, []]

    serializer = JsonRowSerializationSchema.builder().with_type_info(ORDER).build()
    rows.map(lambda row: row, ORDER).sink_to(sink(brokers, f"{topic}-out", serializer))
    env.execute()
    written = [json.loads(value or b"") for _, value, _ in consume(brokers, f"{topic}-out", 2)]
    assert written == [orders[0] | {"amount": 12.5}, orders[1]]


def test_a_bad_json_record_fails_the_job_with_its_place_or_is_skipped(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic)
    produce(brokers, topic, ['{"id": 1}', '{"id": 2', '{"id": 3}'])
    row_type = Types.ROW_NAMED(["id"], [Types.INT()])
    strict = JsonRowDeserializationSchema.builder().type_info(row_type).build()
    with pytest.raises(FlottError) as raised:
        read(env, source(brokers, topic).set_value_only_deserializer(strict))
    assert topic in str(raised.value) and '{"id": 2' in str(raised.value)
    lenient = JsonRowDeserializationSchema.builder().type_info(row_type).ignore_parse_errors().build()
    assert [row.id for row in read(env, source(brokers, topic).set_value_only_deserializer(lenient))] == [1, 3]


# --- writing


def sink(brokers: str, topic: str, value: Any, key: Any = None, **more: Any) -> KafkaSink:
    records = KafkaRecordSerializationSchema.builder().set_value_serialization_schema(value)
    records = records.set_topic_selector(more["selector"]) if "selector" in more else records.set_topic(topic)
    if key is not None:
        records = records.set_key_serialization_schema(key)
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(brokers)
        .set_record_serializer(records.build())
        .set_delivery_guarantee(more.get("guarantee", DeliveryGuarantee.AT_LEAST_ONCE))
        .build()
    )


@pytest.mark.parametrize("guarantee", [DeliveryGuarantee.NONE, DeliveryGuarantee.AT_LEAST_ONCE])
@pytest.mark.parametrize("parallelism", [1, 2])
def test_text_into_a_topic(env: Env, brokers: str, topic: str, parallelism: int, guarantee: DeliveryGuarantee) -> None:
    create(brokers, topic, 2)
    env.set_parallelism(parallelism)
    lines = [f"line {n} ä😀" for n in range(50)]
    strings = env.from_collection(lines, Types.STRING())
    strings.sink_to(sink(brokers, topic, SimpleStringSchema(), guarantee=guarantee))
    env.execute()
    assert sorted(value.decode() for _, value, _ in consume(brokers, topic, 50) if value) == sorted(lines)


def test_keys_decide_on_the_partition(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic, 3)
    row_type = Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])
    key_type = Types.ROW_NAMED(["id"], [Types.INT()])
    value = JsonRowSerializationSchema.builder().with_type_info(row_type).build()
    key = JsonRowSerializationSchema.builder().with_type_info(key_type).build()
    rows = [Row(n % 5, f"{n}") for n in range(20)]
    env.from_collection(rows, row_type).sink_to(sink(brokers, topic, value, key))
    env.execute()
    partitions: dict[bytes | None, set[int]] = {}
    for record_key, record_value, partition in consume(brokers, topic, 20):
        assert json.loads(record_key or b"") == {"id": json.loads(record_value or b"")["id"]}
        partitions.setdefault(record_key, set()).add(partition)
    assert len(partitions) == 5 and all(len(where) == 1 for where in partitions.values())


def test_a_topic_selector(env: Env, brokers: str, topic: str) -> None:
    for suffix in ("even", "odd"):
        create(brokers, f"{topic}-{suffix}")
    texts = env.from_collection(["1", "2", "3"], Types.STRING())
    select = lambda text: f"{topic}-{'odd' if int(text) % 2 else 'even'}"  # noqa: E731
    texts.sink_to(sink(brokers, topic, SimpleStringSchema(), selector=select))
    env.execute()
    assert [value for _, value, _ in consume(brokers, f"{topic}-odd", 2)] == [b"1", b"3"]
    assert [value for _, value, _ in consume(brokers, f"{topic}-even", 1)] == [b"2"]


def test_from_topic_to_topic(env: Env, brokers: str, topic: str) -> None:
    create(brokers, topic, 2)
    create(brokers, f"{topic}-out")
    produce(brokers, topic, [f"{n}" for n in range(100)], 0)
    produce(brokers, topic, [f"{n}" for n in range(100, 200)], 1)
    env.set_parallelism(2)
    doubled = stream(env, source(brokers, topic)).map(lambda text: str(int(text) * 2), Types.STRING())
    doubled.sink_to(sink(brokers, f"{topic}-out", SimpleStringSchema()))
    result = env.execute()
    assert result.get_metrics()["orders"]["numRecordsOut"] == 200
    written = sorted(int(value or b"") for _, value, _ in consume(brokers, f"{topic}-out", 200))
    assert written == [n * 2 for n in range(200)]
