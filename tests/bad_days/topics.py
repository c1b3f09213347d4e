"""What is in a topic, seen by a client that is not Flott's."""

from __future__ import annotations

import json

from confluent_kafka import Consumer, Producer, TopicPartition


def order(number: int) -> bytes:
    return json.dumps({"id": number, "name": f"order {number}"}).encode()


def send(bootstrap_servers: str, topic: str, payloads: list[bytes]) -> None:
    """Puts the payloads into the topic, in order, and waits until the broker has acknowledged them all."""
    failed: list[object] = []
    settings = {"bootstrap.servers": bootstrap_servers, "message.max.bytes": 64 << 20, "linger.ms": 5}
    producer = Producer(settings)
    for payload in payloads:
        producer.produce(topic, payload, on_delivery=lambda error, _message: failed.append(error) if error else None)
        producer.poll(0)
    assert producer.flush(60) == 0 and not failed, failed


def received(bootstrap_servers: str, topic: str) -> list[bytes]:
    """Everything in the topic's only partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "look", "fetch.max.bytes": 64 << 20})
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[bytes] = []
        while len(found) < end:
            message = consumer.poll(20)
            assert message is not None and message.error() is None, message and message.error()
            found.append(message.value() or b"")
        return found
    finally:
        consumer.close()


def committed(bootstrap_servers: str, topic: str, group: str) -> int:
    """The group's committed offset of the topic's only partition; 0 where it has none."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group})
    try:
        (partition,) = consumer.committed([TopicPartition(topic, 0)], timeout=20)
        return max(partition.offset, 0)
    finally:
        consumer.close()
