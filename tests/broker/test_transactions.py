"""Producers that never write twice, and transactions that count whole or not at all."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from tests.broker.clients import PATIENCE, Clients, flush, produce, take, unique, values
from tests.broker.wire import Wire, batch

#: Error codes of the protocol.
OUT_OF_ORDER, FENCED_EPOCH, CORRUPT, NO_SUCH_TOPIC, BAD_ACKS, UNSUPPORTED = 45, 47, 2, 3, 21, 35


def transactional(clients: Clients, transactional_id: str, **settings: object) -> Producer:
    producer = clients.producer(transactional_id=transactional_id, **settings)
    producer.init_transactions(PATIENCE)
    return producer


def committed_reader(clients: Clients, topic: str) -> Consumer:
    consumer = clients.consumer(isolation_level="read_committed")
    consumer.assign([TopicPartition(topic, 0, 0)])
    return consumer


def test_a_batch_sent_twice_is_stored_once(broker: str, clients: Clients) -> None:
    topic = clients.topic()
    with Wire(broker) as wire:
        producer, epoch = wire.producer_id()
        first = batch(b"first", producer, epoch, sequence=0)
        second = batch(b"second", producer, epoch, sequence=1)
        assert wire.produce(topic, first) == (0, 0)
        assert wire.produce(topic, second) == (0, 1)
        # The answer was lost, the producer sends both again.
        assert wire.produce(topic, first) == (0, 0)
        assert wire.produce(topic, second) == (0, 1)
    assert clients.end_offset(topic) == 2


def test_a_batch_out_of_turn_is_refused(broker: str, clients: Clients) -> None:
    topic = clients.topic()
    with Wire(broker) as wire:
        producer, epoch = wire.producer_id()
        assert wire.produce(topic, batch(b"0", producer, epoch, sequence=0)) == (0, 0)
        assert wire.produce(topic, batch(b"2", producer, epoch, sequence=2))[0] == OUT_OF_ORDER
        assert wire.produce(topic, batch(b"1", producer, epoch, sequence=1)) == (0, 1)


def test_an_older_epoch_is_refused(broker: str, clients: Clients) -> None:
    topic = clients.topic()
    with Wire(broker) as wire:
        producer, epoch = wire.producer_id()
        assert wire.produce(topic, batch(b"new", producer, epoch + 1, sequence=0)) == (0, 0)
        assert wire.produce(topic, batch(b"old", producer, epoch, sequence=0))[0] == FENCED_EPOCH


def test_what_no_client_should_send_is_refused(broker: str, clients: Clients) -> None:
    topic = clients.topic()
    damaged = bytearray(batch(b"value"))
    damaged[-3] ^= 1
    with Wire(broker) as wire:
        assert wire.produce(topic, bytes(damaged))[0] == CORRUPT
        assert wire.produce(unique("absent"), batch(b"value"))[0] == NO_SUCH_TOPIC
        assert wire.produce(topic, batch(b"value"), acks=5)[0] == BAD_ACKS
        assert wire.produce(topic, batch(b"value")) == (0, 0)


def test_a_client_of_the_future_learns_what_is_offered(broker: str) -> None:
    with Wire(broker) as wire:
        error, offered = wire.versions(version=99)
        assert error == UNSUPPORTED
        # With what it is told of ApiVersions itself, the client asks again.
        first, last = offered[18]
        assert first <= 0 <= last
        error, offered = wire.versions(version=0)
        assert error == 0
        assert offered[1][0] <= 4 <= offered[1][1]


def test_an_idempotent_producer_keeps_order_with_many_requests_under_way(clients: Clients) -> None:
    topic = clients.topic()
    sent = [b"%d" % i for i in range(5000)]
    clients.send(topic, sent, enable_idempotence=True, batch_num_messages=10)
    assert values(clients.read(topic, 5000)) == sent


def test_a_transaction_is_seen_when_it_commits(clients: Clients) -> None:
    topic = clients.topic()
    producer = transactional(clients, unique("tx"))
    producer.begin_transaction()
    for value in (b"a", b"b"):
        produce(producer, topic, value=value)
    flush(producer)
    committed = committed_reader(clients, topic)
    uncommitted = clients.consumer(isolation_level="read_uncommitted")
    uncommitted.assign([TopicPartition(topic, 0, 0)])
    assert values(take(uncommitted, 2)) == [b"a", b"b"]
    assert committed.poll(1.0) is None
    producer.commit_transaction(PATIENCE)
    assert values(take(committed, 2)) == [b"a", b"b"]
    # The marker has an offset of its own.
    assert clients.end_offset(topic) == 3


def test_what_was_taken_back_is_never_seen(clients: Clients) -> None:
    topic = clients.topic()
    producer = transactional(clients, unique("tx"))
    for i in range(6):
        producer.begin_transaction()
        produce(producer, topic, value=b"%d" % i)
        if i % 2 == 0:
            producer.commit_transaction(PATIENCE)
        else:
            flush(producer)
            producer.abort_transaction(PATIENCE)
    clients.send(topic, [b"end"])
    assert values(take(committed_reader(clients, topic), 4)) == [b"0", b"2", b"4", b"end"]
    everything = values(clients.read(topic, 7, isolation_level="read_uncommitted"))
    assert everything == [b"0", b"1", b"2", b"3", b"4", b"5", b"end"]


def test_an_open_transaction_holds_back_what_comes_after_it(clients: Clients) -> None:
    topic = clients.topic()
    producer = transactional(clients, unique("tx"))
    clients.send(topic, [b"before"])
    producer.begin_transaction()
    produce(producer, topic, value=b"open")
    flush(producer)
    clients.send(topic, [b"after"])
    reader = committed_reader(clients, topic)
    assert values(take(reader, 1)) == [b"before"]
    assert reader.poll(1.0) is None
    # read_committed, the end is where the open transaction begins.
    assert reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE)[1] == 1
    producer.abort_transaction(PATIENCE)
    assert values(take(reader, 1)) == [b"after"]


def test_a_transaction_over_several_partitions_and_topics_ends_in_all(clients: Clients) -> None:
    topics = [clients.topic(partitions=2), clients.topic(partitions=2)]
    producer = transactional(clients, unique("tx"))
    producer.begin_transaction()
    for topic in topics:
        for partition in range(2):
            produce(producer, topic, value=b"v", partition=partition)
    producer.commit_transaction(PATIENCE)
    for topic in topics:
        for partition in range(2):
            assert values(clients.read(topic, 1, partition, isolation_level="read_committed")) == [b"v"]


def test_a_newer_producer_fences_the_older_and_takes_its_transaction_back(clients: Clients) -> None:
    topic, transactional_id = clients.topic(), unique("tx")
    zombie = transactional(clients, transactional_id)
    zombie.begin_transaction()
    produce(zombie, topic, value=b"zombie")
    flush(zombie)
    newer = transactional(clients, transactional_id)
    newer.begin_transaction()
    produce(newer, topic, value=b"newer")
    newer.commit_transaction(PATIENCE)
    with pytest.raises(KafkaException) as fenced:
        zombie.commit_transaction(PATIENCE)
    assert fenced.value.args[0].code() == KafkaError._FENCED
    assert fenced.value.args[0].fatal()
    assert values(take(committed_reader(clients, topic), 1)) == [b"newer"]


@pytest.mark.parametrize("commit", [True, False])
def test_offsets_count_when_their_transaction_does(clients: Clients, commit: bool) -> None:
    source, target, group = clients.topic(), clients.topic(), unique("group")
    clients.send(source, [b"a", b"b"])
    consumer = clients.consumer(group)
    consumer.subscribe([source])
    take(consumer, 2)
    producer = transactional(clients, unique("tx"))
    producer.begin_transaction()
    produce(producer, target, value=b"result")
    # what is still waiting when a transaction is aborted fails its delivery
    flush(producer)
    producer.send_offsets_to_transaction(
        consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), PATIENCE
    )
    (before,) = clients.consumer(group, isolation_level="read_uncommitted").committed(
        [TopicPartition(source, 0)], timeout=PATIENCE
    )
    assert before.offset == -1001
    if commit:
        producer.commit_transaction(PATIENCE)
    else:
        producer.abort_transaction(PATIENCE)
    (after,) = consumer.committed([TopicPartition(source, 0)], timeout=PATIENCE)
    assert after.offset == (2 if commit else -1001)


def test_a_transaction_that_takes_too_long_is_taken_back(clients: Clients) -> None:
    topic = clients.topic()
    slow = transactional(clients, unique("tx"), transaction_timeout_ms=2000)
    slow.begin_transaction()
    produce(slow, topic, value=b"slow")
    flush(slow)
    clients.send(topic, [b"after"])
    # The reader gets past it only when the broker has ended it.
    assert values(take(committed_reader(clients, topic), 1)) == [b"after"]
    with pytest.raises(KafkaException):
        slow.commit_transaction(PATIENCE)


def test_a_producer_goes_on_after_taking_back(clients: Clients) -> None:
    topic = clients.topic()
    producer = transactional(clients, unique("tx"))
    producer.begin_transaction()
    produce(producer, topic, value=b"no")
    flush(producer)
    producer.abort_transaction(PATIENCE)
    producer.begin_transaction()
    produce(producer, topic, value=b"yes")
    producer.commit_transaction(PATIENCE)
    assert values(take(committed_reader(clients, topic), 1)) == [b"yes"]
