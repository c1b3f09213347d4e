"""Topics appear, grow, change and disappear."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from tests.broker.clients import PATIENCE, Clients, eventually, take, unique, values


def refusal(future) -> int:  # type: ignore[no-untyped-def]
    with pytest.raises(KafkaException) as refused:
        future.result(PATIENCE)
    return int(refused.value.args[0].code())


def test_a_created_topic_has_its_partitions(clients: Clients) -> None:
    topic = clients.topic(partitions=5)
    found = clients.admin().list_topics(topic, timeout=PATIENCE).topics[topic]
    assert sorted(found.partitions) == [0, 1, 2, 3, 4]
    assert all(partition.leader >= 0 and partition.isrs for partition in found.partitions.values())


def test_a_topic_that_is_written_to_appears(clients: Clients) -> None:
    topic = unique("on-demand")
    clients.send(topic, [b"first"])
    assert values(clients.read(topic, 1)) == [b"first"]


def test_what_cannot_be_created_says_why(clients: Clients) -> None:
    admin, topic = clients.admin(), clients.topic()

    def create(name: str, partitions: int = 1, replicas: int = 1, **config: str) -> int:
        return refusal(admin.create_topics([NewTopic(name, partitions, replicas, config=config)])[name])

    assert create(topic) == KafkaError.TOPIC_ALREADY_EXISTS
    assert create("no spaces") == KafkaError.TOPIC_EXCEPTION
    assert create(unique("t"), replicas=3) == KafkaError.INVALID_REPLICATION_FACTOR
    assert create(unique("t"), **{"retention.ms": "soon"}) == KafkaError.INVALID_CONFIG
    assert create(unique("t"), **{"no.such.setting": "1"}) == KafkaError.INVALID_CONFIG


def test_a_topic_can_be_tried_without_being_created(clients: Clients) -> None:
    topic = unique("topic")
    clients.admin().create_topics([NewTopic(topic, 1, 1)], validate_only=True)[topic].result(PATIENCE)
    assert topic not in clients.admin().list_topics(timeout=PATIENCE).topics


def test_a_deleted_topic_comes_back_empty(clients: Clients) -> None:
    topic, group = clients.topic(), unique("group")
    clients.send(topic, [b"old"])
    consumer = clients.consumer(group)
    consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    admin = clients.admin()
    admin.delete_topics([topic])[topic].result(PATIENCE)
    clients.wait_for_topic(topic, 0)
    assert refusal(admin.delete_topics([topic])[topic]) == KafkaError.UNKNOWN_TOPIC_OR_PART
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(PATIENCE)
    clients.wait_for_topic(topic, 1)
    clients.send(topic, [b"new"])
    received = clients.read(topic, 1)
    assert [(message.offset(), message.value()) for message in received] == [(0, b"new")]


def test_a_topic_grows_and_never_shrinks(clients: Clients) -> None:
    topic, admin = clients.topic(partitions=1), clients.admin()
    clients.send(topic, [b"kept"])
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result(PATIENCE)
    clients.wait_for_topic(topic, 3)
    clients.send(topic, [b"new"], partition=2)
    assert values(clients.read(topic, 1)) == [b"kept"]
    assert values(clients.read(topic, 1, partition=2)) == [b"new"]
    assert refusal(admin.create_partitions([NewPartitions(topic, 2)])[topic]) == KafkaError.INVALID_PARTITIONS


def test_a_members_partitions_grow_with_the_topic(clients: Clients) -> None:
    topic = clients.topic(partitions=1)
    consumer = clients.consumer(topic_metadata_refresh_interval_ms=200)
    consumer.subscribe([topic])
    clients.send(topic, [b"a"])
    assert values(take(consumer, 1)) == [b"a"]
    consumer.commit(asynchronous=False)
    clients.admin().create_partitions([NewPartitions(topic, 2)])[topic].result(PATIENCE)
    clients.wait_for_topic(topic, 2)
    clients.send(topic, [b"b"], partition=1)
    assert values(take(consumer, 1)) == [b"b"]


def test_settings_are_shown_and_changed(clients: Clients) -> None:
    topic, admin = clients.topic(retention_ms="1000"), clients.admin()
    resource = ConfigResource(ResourceType.TOPIC, topic)

    def shown() -> dict[str, str]:
        entries = admin.describe_configs([resource])[resource].result(PATIENCE)
        return {name: entry.value for name, entry in entries.items()}

    before = shown()
    assert (before["retention.ms"], before["cleanup.policy"]) == ("1000", "delete")
    change = ConfigResource(
        ResourceType.TOPIC,
        topic,
        incremental_configs=[
            ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SET),
            ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
        ],
    )
    admin.incremental_alter_configs([change])[change].result(PATIENCE)
    # Kafka answers when it has written the change down, a moment before it shows it
    eventually(lambda: shown()["cleanup.policy"] == "compact")
    assert shown()["retention.ms"] != "1000"


def test_the_cluster_describes_itself(clients: Clients) -> None:
    cluster = clients.admin().describe_cluster().result(PATIENCE)
    assert cluster.cluster_id and len(cluster.nodes) == 1
    assert f"{cluster.nodes[0].host}:{cluster.nodes[0].port}" in clients.bootstrap_servers
