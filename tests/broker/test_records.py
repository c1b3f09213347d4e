"""Records come out as they went in."""

from __future__ import annotations

import os
import time

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from tests.broker.clients import Clients, flush, produce, take, values


def test_a_partition_keeps_its_order_and_numbers_from_zero(clients: Clients) -> None:
    topic = clients.topic(partitions=3)
    sent = {partition: [b"%d-%d" % (partition, i) for i in range(1000)] for partition in range(3)}
    for partition, records in sent.items():
        clients.send(topic, records, partition)
    for partition, records in sent.items():
        received = clients.read(topic, 1000, partition)
        assert values(received) == records
        assert [message.offset() for message in received] == list(range(1000))


def test_key_headers_and_timestamp_arrive(clients: Clients) -> None:
    topic = clients.topic()
    producer = clients.producer()
    headers = [("trace", b"\x00\xff"), ("empty", b""), ("nothing", None), ("trace", b"twice")]
    produce(producer, topic, key="订单".encode(), value=b"v", headers=headers, timestamp=1_700_000_000_123)
    flush(producer)
    (message,) = clients.read(topic, 1)
    assert (message.key(), message.value()) == ("订单".encode(), b"v")
    assert message.headers() == headers
    # 1 is CreateTime.
    assert message.timestamp() == (1, 1_700_000_000_123)


def test_null_and_empty_are_not_the_same(clients: Clients) -> None:
    topic = clients.topic()
    producer = clients.producer()
    for key, value in [(None, None), (b"", b""), (b"k", None), (None, b"v")]:
        produce(producer, topic, key=key, value=value)
    flush(producer)
    received = [(message.key(), message.value()) for message in clients.read(topic, 4)]
    assert received == [(None, None), (b"", b""), (b"k", None), (None, b"v")]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_compression_is_taken_and_given_back(clients: Clients, codec: str) -> None:
    topic = clients.topic()
    sent = [b"%d " % i * 50 for i in range(500)]
    clients.send(topic, sent, compression_type=codec, linger_ms=50)
    assert values(clients.read(topic, 500)) == sent


def test_reading_starts_in_the_middle_of_a_batch(clients: Clients) -> None:
    topic = clients.topic()
    clients.send(topic, [b"%d" % i for i in range(100)], linger_ms=200)
    received = clients.read(topic, 3, offset=57)
    assert [message.offset() for message in received] == [57, 58, 59]


def test_a_waiting_reader_gets_a_record_at_once(clients: Clients) -> None:
    topic = clients.topic()
    # Without an answer to the waiting request, 20 seconds would pass.
    consumer = clients.consumer(fetch_wait_max_ms=20_000, fetch_min_bytes=1)
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert consumer.poll(1.0) is None
    started = time.monotonic()
    clients.send(topic, [b"now"])
    assert values(take(consumer, 1)) == [b"now"]
    assert time.monotonic() - started < 10


def test_a_record_of_20_megabytes_where_the_topic_allows_it(clients: Clients) -> None:
    topic = clients.topic(max_message_bytes="25000000")
    large = os.urandom(20_000_000)
    clients.send(topic, [b"before", large, b"after"], message_max_bytes=30_000_000)
    # The reader asks for far less at a time: one record comes whatever its size.
    received = clients.read(topic, 3, fetch_message_max_bytes=1_000_000, receive_message_max_bytes=60_000_000)
    assert values(received) == [b"before", large, b"after"]


def test_a_batch_larger_than_the_topic_allows_is_refused(clients: Clients) -> None:
    topic = clients.topic(max_message_bytes="10000")
    with pytest.raises(KafkaException) as refused:
        clients.send(topic, [os.urandom(20_000)])
    assert refused.value.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE
    clients.send(topic, [b"small"])
    assert values(clients.read(topic, 1)) == [b"small"]


def test_a_topic_can_note_when_a_record_arrived(clients: Clients) -> None:
    topic = clients.topic(message_timestamp_type="LogAppendTime")
    before = time.time_ns() // 1_000_000
    producer = clients.producer()
    produce(producer, topic, value=b"v", timestamp=1_000)
    flush(producer)
    kind, timestamp = clients.read(topic, 1)[0].timestamp()
    # 2 is LogAppendTime.
    assert kind == 2
    assert before - 1_000 <= timestamp <= time.time_ns() // 1_000_000 + 1_000


def test_many_small_records_from_several_writers(clients: Clients) -> None:
    topic = clients.topic(partitions=2)
    producers = [clients.producer(linger_ms=5) for _ in range(3)]
    for i in range(20_000):
        produce(producers[i % 3], topic, key=b"%d" % (i % 100), value=b"%d" % i)
    for producer in producers:
        flush(producer)
    consumer = clients.consumer()
    consumer.subscribe([topic])
    assert sorted(int(value or b"") for value in values(take(consumer, 20_000))) == list(range(20_000))
