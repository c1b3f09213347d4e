"""What the embedded broker remembers when it is stopped, and when it is killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, Message, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from tests.broker.clients import PATIENCE, Clients, flush, produce, take, unique, values
from tests.broker.process import BrokerProcess


@pytest.fixture
def clients(process: BrokerProcess) -> Iterator[Clients]:
    with Clients(process.bootstrap_servers) as clients:
        yield clients


def stop(process: BrokerProcess) -> None:
    assert process.interrupt()[0] == 0


def kill(process: BrokerProcess) -> None:
    process.kill()


ends = pytest.mark.parametrize("end", [stop, kill])


@ends
def test_records_topics_and_offsets_are_there_again(process: BrokerProcess, clients: Clients, end) -> None:  # type: ignore[no-untyped-def]
    topic, group = clients.topic(partitions=2, retention_ms="77777"), unique("group")
    clients.send(topic, [b"%d" % i for i in range(100)], partition=1)
    consumer = clients.consumer(group)
    consumer.commit(offsets=[TopicPartition(topic, 1, 42, "note")], asynchronous=False)
    clients.close(consumer)
    end(process)
    process.start()
    clients.wait_for_topic(topic, 2)
    assert values(clients.read(topic, 100, partition=1)) == [b"%d" % i for i in range(100)]
    (committed,) = clients.consumer(group).committed([TopicPartition(topic, 1)], timeout=PATIENCE)
    assert (committed.offset, committed.metadata) == (42, "note")
    resource = ConfigResource(ResourceType.TOPIC, topic)
    config = clients.admin().describe_configs([resource])[resource].result(PATIENCE)
    assert config["retention.ms"].value == "77777"
    clients.send(topic, [b"next"], partition=1)
    assert clients.end_offset(topic, partition=1) == 101


def test_nothing_acknowledged_is_lost_when_it_is_killed_while_writing(process: BrokerProcess, clients: Clients) -> None:
    topic = clients.topic()
    acknowledged: list[bytes | None] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        acknowledged.append(message.value())

    producer = clients.producer(enable_idempotence=True, compression_type="lz4", linger_ms=1)
    sent = [b"%d" % i * 100 for i in range(60_000)]
    for i, value in enumerate(sent):
        while True:
            try:
                producer.produce(topic, value=value, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        if i in (20_000, 40_000):
            process.kill()
            process.start()
    flush(producer)
    assert acknowledged == sent
    assert values(clients.read(topic, len(sent))) == sent
    assert clients.end_offset(topic) == len(sent)


def test_an_open_transaction_stays_open_when_it_is_killed_and_can_be_taken_back(
    process: BrokerProcess, clients: Clients
) -> None:
    topic, transactional_id = clients.topic(), unique("tx")
    first = clients.producer(transactional_id=transactional_id)
    first.init_transactions(PATIENCE)
    first.begin_transaction()
    produce(first, topic, value=b"lost")
    flush(first)
    process.kill()
    process.start()
    reader = clients.consumer(isolation_level="read_committed")
    reader.assign([TopicPartition(topic, 0, 0)])
    assert reader.poll(1.0) is None
    second = clients.producer(transactional_id=transactional_id)
    second.init_transactions(PATIENCE)
    second.begin_transaction()
    produce(second, topic, value=b"kept")
    second.commit_transaction(PATIENCE)
    assert values(take(reader, 1)) == [b"kept"]


def test_a_transaction_begun_before_a_kill_can_be_committed_after_it(process: BrokerProcess, clients: Clients) -> None:
    topic, group, source = clients.topic(), unique("group"), clients.topic()
    producer = clients.producer(transactional_id=unique("tx"))
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    produce(producer, topic, value=b"before")
    consumer = clients.consumer(group)
    producer.send_offsets_to_transaction([TopicPartition(source, 0, 5)], consumer.consumer_group_metadata(), PATIENCE)
    flush(producer)
    process.kill()
    process.start()
    produce(producer, topic, value=b"after")
    producer.commit_transaction(PATIENCE)
    assert values(clients.read(topic, 2, isolation_level="read_committed")) == [b"before", b"after"]
    (committed,) = consumer.committed([TopicPartition(source, 0)], timeout=PATIENCE)
    assert committed.offset == 5


def test_a_group_joins_again_and_goes_on(process: BrokerProcess, clients: Clients) -> None:
    topic, group = clients.topic(), unique("group")
    clients.send(topic, [b"a", b"b"])
    consumer = clients.consumer(group)
    consumer.subscribe([topic])
    assert values(take(consumer, 2)) == [b"a", b"b"]
    consumer.commit(asynchronous=False)
    process.kill()
    process.start()
    clients.send(topic, [b"c"])
    assert values(take(consumer, 1)) == [b"c"]


def test_producer_ids_are_not_given_twice(process: BrokerProcess, clients: Clients) -> None:
    from tests.broker.wire import Wire

    with Wire(process.bootstrap_servers) as wire:
        before = {wire.producer_id()[0] for _ in range(3)}
    process.kill()
    process.start()
    with Wire(process.bootstrap_servers) as wire:
        assert wire.producer_id()[0] not in before
