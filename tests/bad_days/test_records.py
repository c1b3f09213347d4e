"""Records that cannot be read, and records that are very large."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.bad_days.process import run
from tests.bad_days.topics import committed, order, received, send
from tests.servers import Kafka

INSERT = "INSERT INTO orders (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
LARGE = 20 << 20
BROKEN = {
    "malformed JSON": (b'{"id": 3, "name": "ord', '{"id": 3, "name": "ord'),
    "no JSON at all": (b"order 3", "order 3"),
    "another type": (b'{"id": "three", "name": "order"}', '"three"'),
    "invalid UTF-8": (b'{"id": 3, "name": "caf\xe9 \xff\xfe"}', "caf\N{REPLACEMENT CHARACTER}"),
}


def ids(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM orders ORDER BY id")]


@pytest.mark.parametrize("kind", list(BROKEN))
def test_a_broken_record_fails_the_job(
    kind: str, embedded: str, topic: str, group: str, sqlite: Path, tmp_path: Path
) -> None:
    payload, shown = BROKEN[kind]
    send(embedded, topic, [order(1), order(2), payload, order(4)])
    ended, job = run(
        "orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=f"jdbc:sqlite:{sqlite}", sql=INSERT
    )
    assert ended.code == 1
    ended.says(
        f"DataError: the record at offset 2 of partition 0 of topic '{topic}' could not be read as json: ",
        f"where: source 'orders' ({job.line('orders = env.from_source')})",
        "record: ",
        shown,
        "what to do: correct what is sent to the topic, or skip such records and count them: ignore_parse_errors()",
    )
    ended.leaves_nothing()
    assert committed(embedded, topic, group) <= 2


def test_broken_records_are_counted_where_the_program_says_so(
    embedded: str, topic: str, group: str, sqlite: Path, tmp_path: Path
) -> None:
    """What is JSON but not of the declared type is not among them: as in Flink, such a field is null then."""
    broken = [payload for kind, (payload, _) in BROKEN.items() if kind != "another type"]
    payloads = [order(1), *broken, order(2)]
    send(embedded, topic, payloads)
    ended, _ = run(
        "orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=f"jdbc:sqlite:{sqlite}", sql=INSERT,
        ignore_parse_errors=True,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert ids(sqlite) == [1, 2]
    counters = json.loads(ended.out)["orders"]
    assert counters["numRecordsInErrors"] == len(broken)
    assert committed(embedded, topic, group) == len(payloads)
    ended.leaves_nothing()


def test_a_record_of_20_mb_is_over_the_producers_limit(crashing_kafka: Kafka, topic: str, tmp_path: Path) -> None:
    ended, job = run("messages", tmp_path, bootstrap=crashing_kafka.bootstrap_servers, topic=topic, count=1, size=LARGE)
    assert ended.code == 1
    ended.says(
        f"DataError: a record of {LARGE} bytes is too large for topic '{topic}'",
        f"where: sink 'messages' ({job.line('sink_to')})",
        "what to do: raise the producer's property 'message.max.bytes' (Java: 'max.request.size')",
    )
    ended.leaves_nothing()


def test_a_record_of_20_mb_is_over_the_topics_limit(crashing_kafka: Kafka, topic: str, tmp_path: Path) -> None:
    """The broker of these tests takes 32 MB; 40 MB pass this producer and not the broker."""
    ended, job = run(
        "messages", tmp_path, bootstrap=crashing_kafka.bootstrap_servers, topic=topic, count=1, size=2 * LARGE,
        properties={"max.request.size": str(3 * LARGE)},
    )  # fmt: skip
    assert ended.code == 1
    ended.says(
        f"DataError: a record of {2 * LARGE} bytes is too large for topic '{topic}'",
        f"where: sink 'messages' ({job.line('sink_to')})",
        f"what to do: raise 'max.message.bytes' of the topic (kafka-configs.sh --alter --topic {topic}",
        "or 'message.max.bytes' of the brokers",
    )
    ended.leaves_nothing()


def test_records_of_20_mb_pass_where_the_limits_allow(crashing_kafka: Kafka, topic: str, tmp_path: Path) -> None:
    ended, _ = run(
        "messages", tmp_path, bootstrap=crashing_kafka.bootstrap_servers, topic=topic, count=2, size=LARGE,
        properties={"max.request.size": str(LARGE + 1024)},
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert [(len(payload), payload[:2]) for payload in received(crashing_kafka.bootstrap_servers, topic)] == [
        (LARGE, b"0x"),
        (LARGE, b"1x"),
    ]
    ended.leaves_nothing()


def test_a_record_of_20_mb_is_read(crashing_kafka: Kafka, topic: str, group: str, sqlite: Path, tmp_path: Path) -> None:
    """As with the Java client the limits of a fetch hold for what comes behind the first record, not for the first."""
    payload = json.dumps({"id": 7, "name": "n" * LARGE}).encode()
    send(crashing_kafka.bootstrap_servers, topic, [payload, order(8)])
    ended, _ = run(
        "orders", tmp_path, bootstrap=crashing_kafka.bootstrap_servers, topic=topic, group=group,
        url=f"jdbc:sqlite:{sqlite}", sql=INSERT,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    with closing(sqlite3.connect(sqlite)) as connection:
        assert list(connection.execute("SELECT id, length(name) FROM orders ORDER BY id")) == [(7, LARGE), (8, 7)]
    ended.leaves_nothing()


def test_a_record_of_20_mb_is_over_the_consumers_limit(
    crashing_kafka: Kafka, topic: str, group: str, sqlite: Path, tmp_path: Path
) -> None:
    payload = json.dumps({"id": 7, "name": "n" * LARGE}).encode()
    send(crashing_kafka.bootstrap_servers, topic, [payload])
    ended, job = run(
        "orders", tmp_path, bootstrap=crashing_kafka.bootstrap_servers, topic=topic, group=group,
        url=f"jdbc:sqlite:{sqlite}", sql=INSERT,
        properties={"fetch.max.bytes": "1000000", "receive.message.max.bytes": "2000000"},
    )  # fmt: skip
    assert ended.code == 1
    ended.says(
        "larger than this client accepts",
        f"where: source 'orders' ({job.line('orders = env.from_source')})",
        "what to do: raise the properties 'fetch.max.bytes' and 'receive.message.max.bytes'",
    )
    ended.leaves_nothing()
