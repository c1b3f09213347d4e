"""Where a partition begins and ends, and which offset belongs to a time."""

from __future__ import annotations

import pytest
from confluent_kafka import OFFSET_END, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from tests.broker.clients import PATIENCE, Clients, flush, produce, take, values


def with_times(clients: Clients, *times: int) -> str:
    """A topic with one record, in a batch of its own, for each time."""
    topic = clients.topic()
    producer = clients.producer()
    for time in times:
        produce(producer, topic, value=b"%d" % time, timestamp=time)
        flush(producer)
    return topic


def offset_at(clients: Clients, topic: str, time: int) -> int:
    (found,) = clients.consumer().offsets_for_times([TopicPartition(topic, 0, time)], timeout=PATIENCE)
    assert found.error is None
    return int(found.offset)


def test_first_and_last_offset(clients: Clients) -> None:
    topic = clients.topic()
    consumer = clients.consumer()
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE) == (0, 0)
    clients.send(topic, [b"a", b"b", b"c"])
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE) == (0, 3)


def test_the_offset_of_a_time_is_the_first_record_not_before_it(clients: Clients) -> None:
    topic = with_times(clients, 10_000, 20_000, 30_000)
    assert [offset_at(clients, topic, time) for time in (0, 10_000, 10_001, 30_000)] == [0, 0, 1, 2]
    # Later than every record: the end, as a reader would have to wait there.
    assert offset_at(clients, topic, 30_001) == OFFSET_END


def test_a_time_is_found_inside_a_compressed_batch(clients: Clients) -> None:
    topic = clients.topic()
    producer = clients.producer(compression_type="lz4", linger_ms=300)
    for i in range(100):
        produce(producer, topic, value=b"v" * 20, timestamp=10_000 + i)
    flush(producer)
    assert offset_at(clients, topic, 10_042) == 42


def test_times_that_go_back_do_not_hide_a_record(clients: Clients) -> None:
    topic = with_times(clients, 10_000, 90_000, 30_000)
    assert offset_at(clients, topic, 30_000) == 1


def test_the_record_with_the_largest_time(clients: Clients) -> None:
    topic = with_times(clients, 10_000, 90_000, 30_000)
    partition = TopicPartition(topic, 0)
    found = clients.admin().list_offsets({partition: OffsetSpec.max_timestamp()})[partition].result(PATIENCE)
    assert (found.offset, found.timestamp) == (1, 90_000)


def test_reading_from_the_end_sees_only_what_comes_after(clients: Clients) -> None:
    topic = clients.topic()
    clients.send(topic, [b"old"])
    consumer = clients.consumer()
    consumer.assign([TopicPartition(topic, 0, clients.end_offset(topic))])
    clients.send(topic, [b"new"])
    assert values(take(consumer, 1)) == [b"new"]


def test_an_offset_that_is_not_there_is_an_error_or_a_fresh_start(clients: Clients) -> None:
    topic = clients.topic()
    clients.send(topic, [b"a"])
    strict = clients.consumer(auto_offset_reset="error")
    strict.assign([TopicPartition(topic, 0, 1000)])
    with pytest.raises(KafkaException) as missing:
        take(strict, 1)
    assert missing.value.args[0].code() == KafkaError._AUTO_OFFSET_RESET
    lenient = clients.consumer(auto_offset_reset="earliest")
    lenient.assign([TopicPartition(topic, 0, 1000)])
    assert values(take(lenient, 1)) == [b"a"]
