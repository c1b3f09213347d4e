"""Kafka builders compile to the connector's options and say what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flott.common import SimpleStringSchema, Types
from flott.datastream.connectors import DeliveryGuarantee
from flott.datastream.connectors.kafka import (
    FlinkKafkaConsumer,
    FlinkKafkaProducer,
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
    KafkaSourceBuilder,
    KafkaTopicPartition,
    KafkaTopicSelector,
    Semantic,
)
from flott.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema

ORDER = Types.ROW_NAMED(["id", "shop"], [Types.LONG(), Types.STRING()])


def source() -> KafkaSourceBuilder:
    builder = KafkaSource.builder().set_bootstrap_servers("b:9092").set_topics("orders")
    return builder.set_value_only_deserializer(SimpleStringSchema())


def options(builder: KafkaSourceBuilder) -> dict[str, str]:
    return builder.build()._to_spec()[1]


def test_a_whole_source() -> None:
    built = (
        KafkaSource.builder()
        .set_bootstrap_servers("b:9092")
        .set_group_id("etl")
        .set_topics("orders", "returns")
        .set_client_id_prefix("c")
        .set_property("max.poll.records", "10")
        .set_properties({"partition.discovery.interval.ms": "1000"})
        .set_starting_offsets(KafkaOffsetsInitializer.committed_offsets(KafkaOffsetResetStrategy.LATEST))
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(
            JsonRowDeserializationSchema.builder().type_info(ORDER).ignore_parse_errors().build()
        )
        .build()
    )
    assert built._to_spec() == (
        "kafka",
        {
            "topics": "orders,returns",
            "properties.bootstrap.servers": "b:9092",
            "properties.group.id": "etl",
            "properties.client.id.prefix": "c",
            "properties.max.poll.records": "10",
            "scan.topic-partition-discovery.interval": "1000",
            "scan.startup.mode": "group-offsets",
            "scan.startup.reset": "latest",
            "scan.bounded.mode": "latest-offset",
            "format": "json",
            "format.ignore-parse-errors": "true",
            "format.timestamp-format": "ISO-8601",
        },
        ORDER,
    )


def test_it_starts_at_the_earliest_and_is_unbounded_unless_told() -> None:
    given = options(source())
    assert (given["scan.startup.mode"], given["scan.startup.reset"]) == ("earliest-offset", "earliest")
    assert not any(key.startswith("scan.bounded") for key in given)


def test_partitions_pattern_and_explicit_offsets() -> None:
    first, second = KafkaTopicPartition("a", 0), KafkaTopicPartition("a", 1)
    builder = KafkaSource.builder().set_bootstrap_servers("b").set_value_only_deserializer(SimpleStringSchema())
    builder.set_partitions({second, first}).set_starting_offsets(KafkaOffsetsInitializer.offsets({first: 42}))
    given = options(builder)
    assert json.loads(given["partitions"]) == [["a", 0], ["a", 1]]
    assert json.loads(given["scan.startup.specific-offsets"]) == [["a", 0, 42]]
    assert given["scan.startup.reset"] == "earliest"
    by_pattern = KafkaSource.builder().set_bootstrap_servers("b").set_topic_pattern("order.*")
    assert options(by_pattern.set_value_only_deserializer(SimpleStringSchema()))["topic-pattern"] == "order.*"


def test_timestamps_and_unbounded_stops() -> None:
    given = options(
        source()
        .set_starting_offsets(KafkaOffsetsInitializer.timestamp(5))
        .set_unbounded(KafkaOffsetsInitializer.timestamp(9))
    )
    assert (given["scan.startup.timestamp-millis"], given["scan.bounded.timestamp-millis"]) == ("5", "9")
    assert given["scan.boundedness"] == "unbounded"


@pytest.mark.parametrize(
    ("builder", "message"),
    [
        (KafkaSource.builder(), r"no bootstrap servers; call set_bootstrap_servers"),
        (KafkaSource.builder().set_bootstrap_servers("b"), r"nothing to read; call set_topics"),
        (KafkaSource.builder().set_bootstrap_servers("b").set_topics("t"), "no deserializer"),
        (source().set_starting_offsets(KafkaOffsetsInitializer.committed_offsets()), "call set_group_id"),
    ],
)
def test_what_is_missing(builder: KafkaSourceBuilder, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        builder.build()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="already set with set_topics"):
        source().set_topic_pattern("x")
    with pytest.raises(TypeError, match="one by one"):
        KafkaSource.builder().set_topics(["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"call \.build\(\)"):
        source().set_value_only_deserializer(JsonRowDeserializationSchema.builder())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"KafkaOffsetsInitializer\.latest"):
        source().set_starting_offsets(KafkaOffsetResetStrategy.LATEST)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="KafkaTopicPartition"):
        KafkaOffsetsInitializer.offsets({"a": 1})  # type: ignore[dict-item]
    with pytest.raises(NotImplementedError, match="JsonRow|Java"):
        from flott.datastream.connectors import Source

        Source("org.example.MySource")


def test_passwords_are_not_shown() -> None:
    builder = source().set_property("sasl.jaas.config", "PlainLoginModule password='hush'")
    builder.set_property("ssl.key.password", "hush").set_property("sasl.mechanism", "PLAIN")
    shown = repr(builder.build())
    assert "hush" not in shown and "PLAIN" in shown


def sink(serializer: Any) -> Any:
    return KafkaSink.builder().set_bootstrap_servers("b:9092").set_record_serializer(serializer)


def test_a_whole_sink() -> None:
    key = JsonRowSerializationSchema.builder().with_type_info(Types.ROW_NAMED(["id"], [Types.LONG()])).build()
    value = JsonRowSerializationSchema.builder().with_type_info(ORDER).build()
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic("out")
        .set_key_serialization_schema(key)
        .set_value_serialization_schema(value)
        .build()
    )
    built = sink(serializer).set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE).set_property("acks", "all").build()
    assert built._to_spec() == (
        "kafka",
        {
            "topic": "out",
            "format": "json",
            "format.timestamp-format": "ISO-8601",
            "key.format": "json",
            "key.format.timestamp-format": "ISO-8601",
            "key.fields": "id",
            "delivery-guarantee": "at-least-once",
            "properties.bootstrap.servers": "b:9092",
            "properties.acks": "all",
        },
        ORDER,
    )
    assert built._topic_selector is None


def test_topic_selectors() -> None:
    class ByShop(KafkaTopicSelector):
        def apply(self, data: Any) -> str:
            return f"orders-{data}"

    for selector in (ByShop(), lambda data: f"orders-{data}"):
        builder = KafkaRecordSerializationSchema.builder().set_topic_selector(selector)
        built = sink(builder.set_value_serialization_schema(SimpleStringSchema()).build()).build()
        assert built._topic_selector("x") == "orders-x" and "topic" not in built._to_spec()[1]
    for wrong in (ByShop, "orders", lambda a, b: "x"):
        with pytest.raises(TypeError, match="set_topic_selector"):
            KafkaRecordSerializationSchema.builder().set_topic_selector(wrong)  # type: ignore[arg-type]


def test_what_a_sink_misses() -> None:
    builder = KafkaRecordSerializationSchema.builder()
    with pytest.raises(ValueError, match=r"no topic; call set_topic"):
        builder.build()
    with pytest.raises(ValueError, match="no value schema"):
        builder.set_topic("t").build()
    serializer = builder.set_value_serialization_schema(SimpleStringSchema()).build()
    with pytest.raises(ValueError, match="no bootstrap servers"):
        KafkaSink.builder().set_record_serializer(serializer).build()
    with pytest.raises(ValueError, match="no record serializer"):
        KafkaSink.builder().set_bootstrap_servers("b").build()
    with pytest.raises(ValueError, match="set_transactional_id_prefix"):
        sink(serializer).set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE).build()
    with pytest.raises(TypeError, match=r"call \.build\(\)"):
        sink(builder)


def test_the_old_consumer() -> None:
    consumer = FlinkKafkaConsumer("a", SimpleStringSchema(), {"bootstrap.servers": "b", "group.id": "g"})
    given = consumer._to_spec()[1]
    assert (given["topics"], given["scan.startup.mode"], given["scan.startup.reset"]) == (
        "a",
        "group-offsets",
        "latest",
    )
    assert consumer.set_start_from_earliest()._to_spec()[1]["scan.startup.mode"] == "earliest-offset"
    assert consumer.get_produced_type() == Types.STRING()
    with pytest.raises(ValueError, match="bootstrap.servers"):
        FlinkKafkaConsumer("a", SimpleStringSchema(), {})


def test_the_old_producer() -> None:
    producer = FlinkKafkaProducer("out", SimpleStringSchema(), {"bootstrap.servers": "b"})
    assert producer._to_spec()[1]["delivery-guarantee"] == "at-least-once"
    assert producer.set_flush_on_checkpoint(False)._to_spec()[1]["delivery-guarantee"] == "none"
    exact = FlinkKafkaProducer("out", SimpleStringSchema(), {"bootstrap.servers": "b"}, semantic=Semantic.EXACTLY_ONCE)
    given = exact.ignore_failures_after_transaction_timeout()._to_spec()[1]
    # the engine names transactions by job, operator and topic
    assert "transactional-id-prefix" not in given
    assert (given["delivery-guarantee"], given["lost-transactions"]) == ("exactly-once", "ignore")
    with pytest.raises(NotImplementedError, match="drop records"):
        producer.set_log_failures_only(True)
