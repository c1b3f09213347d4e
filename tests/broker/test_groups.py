"""Consumer groups: partitions are shared, offsets are kept."""

from __future__ import annotations

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from tests.broker.clients import PATIENCE, Clients, eventually, poll_until, take, unique, values


def owned(consumer: Consumer) -> set[int]:
    return {partition.partition for partition in consumer.assignment()}


def share(clients: Clients, consumers: list[Consumer], partitions: int) -> None:
    """Polls until the partitions are shared evenly and completely."""

    def even() -> bool:
        parts = [owned(consumer) for consumer in consumers]
        whole = sorted(partition for part in parts for partition in part) == list(range(partitions))
        return whole and max(map(len, parts)) - min(map(len, parts)) <= 1

    poll_until(consumers, even)


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_members_share_the_partitions_and_take_over_from_one_that_leaves(clients: Clients, strategy: str) -> None:
    topic, group = clients.topic(partitions=4), unique("group")
    members = [clients.consumer(group, partition_assignment_strategy=strategy) for _ in range(2)]
    for member in members:
        member.subscribe([topic])
    share(clients, members, 4)
    third = clients.consumer(group, partition_assignment_strategy=strategy)
    third.subscribe([topic])
    share(clients, [*members, third], 4)
    clients.close(members[0])
    share(clients, [members[1], third], 4)


def test_every_record_reaches_exactly_one_member(clients: Clients) -> None:
    topic, group = clients.topic(partitions=4), unique("group")
    members = [clients.consumer(group) for _ in range(2)]
    for member in members:
        member.subscribe([topic])
    share(clients, members, 4)
    for partition in range(4):
        clients.send(topic, [b"%d-%d" % (partition, i) for i in range(50)], partition)
    received: list[bytes | None] = []

    def all_here() -> bool:
        for member in members:
            received.extend(values(member.consume(100, timeout=0.05)))
        return len(received) >= 200

    eventually(all_here)
    assert sorted(received, key=str) == sorted((b"%d-%d" % (p, i) for p in range(4) for i in range(50)), key=str)


def test_a_member_that_falls_silent_is_taken_out(clients: Clients) -> None:
    topic, group = clients.topic(partitions=2), unique("group")
    # It stops polling: after max.poll.interval.ms it counts as gone.
    silent = clients.consumer(group, max_poll_interval_ms=6000)
    silent.subscribe([topic])
    poll_until([silent], lambda: owned(silent) == {0, 1})
    other = clients.consumer(group)
    other.subscribe([topic])
    share(clients, [silent, other], 2)
    poll_until([other], lambda: owned(other) == {0, 1})


def test_a_group_goes_on_where_it_committed(clients: Clients) -> None:
    topic, group = clients.topic(), unique("group")
    clients.send(topic, [b"%d" % i for i in range(10)])
    first = clients.consumer(group)
    first.subscribe([topic])
    taken = take(first, 4)
    first.commit(message=taken[-1], asynchronous=False)
    # Read but not committed.
    take(first, 3)
    clients.close(first)
    second = clients.consumer(group)
    second.subscribe([topic])
    assert values(take(second, 6)) == [b"4", b"5", b"6", b"7", b"8", b"9"]


def test_committed_offsets_carry_metadata_and_are_per_group(clients: Clients) -> None:
    topic, group = clients.topic(partitions=2), unique("group")
    consumer = clients.consumer(group)
    consumer.commit(offsets=[TopicPartition(topic, 0, 7, "checkpoint 3")], asynchronous=False)
    partitions = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
    mine = consumer.committed(partitions, timeout=PATIENCE)
    assert [(p.partition, p.offset, p.metadata) for p in mine] == [(0, 7, "checkpoint 3"), (1, -1001, None)]
    others = clients.consumer().committed(partitions, timeout=PATIENCE)
    assert [p.offset for p in others] == [-1001, -1001]


def test_a_member_of_an_old_generation_cannot_commit(clients: Clients) -> None:
    topic, group = clients.topic(partitions=2), unique("group")
    clients.send(topic, [b"a"])
    silent = clients.consumer(group, max_poll_interval_ms=6000)
    silent.subscribe([topic])
    record = take(silent, 1)[0]
    other = clients.consumer(group)
    other.subscribe([topic])
    poll_until([other], lambda: owned(other) == {0, 1})
    with pytest.raises(KafkaException) as refused:
        silent.commit(message=record, asynchronous=False)
    assert refused.value.args[0].code() in (
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError._ASSIGNMENT_LOST,
        KafkaError.REBALANCE_IN_PROGRESS,
    )


def test_a_static_member_comes_back_without_a_rebalance(clients: Clients) -> None:
    topic, group = clients.topic(partitions=2), unique("group")
    first = clients.consumer(group, group_instance_id="one", session_timeout_ms=20_000)
    second = clients.consumer(group, group_instance_id="two", session_timeout_ms=20_000)
    revoked: list[int] = []
    first.subscribe([topic])
    second.subscribe([topic], on_revoke=lambda _consumer, _partitions: revoked.append(1))
    share(clients, [first, second], 2)
    before = owned(first)
    revoked.clear()
    # A static member does not leave when it closes.
    clients.close(first)
    again = clients.consumer(group, group_instance_id="one", session_timeout_ms=20_000)
    again.subscribe([topic])
    poll_until([again, second], lambda: owned(again) == before)
    assert revoked == []


def test_tools_see_the_group_and_its_members(clients: Clients) -> None:
    topic, group = clients.topic(partitions=2), unique("group")
    consumer = clients.consumer(group, client_id="reader-7")
    consumer.subscribe([topic])
    poll_until([consumer], lambda: owned(consumer) == {0, 1})
    admin = clients.admin()
    described = admin.describe_consumer_groups([group])[group].result(PATIENCE)
    assert described.state == ConsumerGroupState.STABLE
    (member,) = described.members
    assert member.client_id == "reader-7"
    assert {partition.partition for partition in member.assignment.topic_partitions} == {0, 1}
    assert group in {listing.group_id for listing in admin.list_consumer_groups().result(PATIENCE).valid}


def test_offsets_of_an_idle_group_can_be_set_and_the_group_deleted(clients: Clients) -> None:
    topic, group = clients.topic(), unique("group")
    clients.send(topic, [b"a", b"b", b"c"])
    admin = clients.admin()
    moved = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 2)])
    admin.alter_consumer_group_offsets([moved])[group].result(PATIENCE)
    consumer = clients.consumer(group)
    consumer.subscribe([topic])
    assert values(take(consumer, 1)) == [b"c"]
    with pytest.raises(KafkaException) as busy:
        admin.delete_consumer_groups([group])[group].result(PATIENCE)
    assert busy.value.args[0].code() == KafkaError.NON_EMPTY_GROUP
    clients.close(consumer)
    admin.delete_consumer_groups([group])[group].result(PATIENCE)
    (after,) = clients.consumer(group).committed([TopicPartition(topic, 0)], timeout=PATIENCE)
    assert after.offset == -1001
