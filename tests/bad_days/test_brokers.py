"""The broker is absent, or is killed and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from tests.bad_days.process import Job, run
from tests.bad_days.topics import committed, order, received, send
from tests.broker.process import BrokerProcess
from tests.servers import Kafka
from tests.servers.process import free_port

UPSERT = "INSERT INTO orders (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"


@pytest.fixture(params=["embedded", "kafka"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kafka | BrokerProcess]:
    """A broker to kill: once the embedded one, once Apache Kafka."""
    if request.param == "kafka":
        yield request.getfixturevalue("crashing_kafka")
        return
    with BrokerProcess(tmp_path / "broker") as embedded:
        embedded.start()
        yield embedded


def ids(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM orders ORDER BY id")]


def test_a_source_without_a_broker(topic: str, group: str, sqlite: Path, tmp_path: Path) -> None:
    bootstrap = f"127.0.0.1:{free_port()}"
    properties = {"default.api.timeout.ms": "1500"}
    ended, job = run(
        "orders", tmp_path, bootstrap=bootstrap, topic=topic, group=group, url=f"jdbc:sqlite:{sqlite}", sql=UPSERT,
        properties=properties,
    )  # fmt: skip
    assert ended.code == 1
    ended.says(
        f"ConnectorError: no Kafka broker could be reached at {bootstrap} within 2 s",
        "Connection refused",
        f"where: source 'orders' ({job.line('orders = env.from_source')})",
        "what to do: check that a broker runs at that address (for development: `flott broker`)",
        "'default.api.timeout.ms' says how long to try",
    )
    ended.leaves_nothing()
    assert ended.seconds < 8


def test_a_sink_without_a_broker(topic: str, tmp_path: Path) -> None:
    bootstrap = f"127.0.0.1:{free_port()}"
    properties = {"default.api.timeout.ms": "1500"}
    ended, job = run("messages", tmp_path, bootstrap=bootstrap, topic=topic, count=10, properties=properties)
    assert ended.code == 1
    ended.says(
        f"ConnectorError: no Kafka broker could be reached at {bootstrap}",
        f"where: sink 'messages' ({job.line('sink_to')})",
        "what to do: check that a broker runs at that address",
    )
    ended.leaves_nothing()
    assert ended.seconds < 8


def test_a_broker_that_starts_later_than_the_job(topic: str, tmp_path: Path) -> None:
    port = free_port()
    with Job("messages", tmp_path, bootstrap=f"127.0.0.1:{port}", topic=topic, count=10) as job:
        job.until(lambda: "Connection refused" in job.err, "a first word about the broker that is away")
        with BrokerProcess(tmp_path / "broker") as broker:
            broker._port = str(port)
            broker.start()
            ended = job.end()
            assert ended.code == 0, ended.err
            assert received(broker.bootstrap_servers, topic) == [b"%d" % number for number in range(10)]
        ended.leaves_nothing()


def test_a_broker_that_is_killed(
    broker: Kafka | BrokerProcess, topic: str, group: str, sqlite: Path, tmp_path: Path
) -> None:
    """One job reads and another writes; neither notices more than a pause."""
    bootstrap = broker.bootstrap_servers
    messages, count = f"{topic}-messages", 3000
    send(bootstrap, topic, [order(number) for number in range(2000)])
    reads = {"topic": topic, "group": group, "url": f"jdbc:sqlite:{sqlite}", "sql": UPSERT, "bounded": False}
    with (
        Job("orders", tmp_path, bootstrap=bootstrap, **reads) as reader,
        Job("messages", tmp_path, bootstrap=bootstrap, topic=messages, count=count, pause=0.001) as writer,
    ):
        reader.until(lambda: len(ids(sqlite)) == 2000, "the first orders in the table")
        writer.until(lambda: end_of(bootstrap, messages) > 100, "the first messages in the topic")
        broker.kill()
        for job in (reader, writer):
            job.until(lambda job=job: "going on when it is back" in job.err, "a warning")  # type: ignore[misc]
        broker.start()
        written = writer.end(60)
        # at least once: all numbers arrived, whatever was acknowledged when
        assert written.code == 0, written.err
        assert {int(payload) for payload in received(bootstrap, messages)} == set(range(count))

        send(bootstrap, topic, [order(number) for number in range(2000, 4000)])
        reader.until(lambda: len(ids(sqlite)) == 4000, "the later orders in the table")
        reader.until(lambda: committed(bootstrap, topic, group) == 4000, "the last commit")
        reader.interrupt()
        read = reader.end()
    assert ids(sqlite) == list(range(4000))
    for ended in (read, written):
        ended.says(f"WARNING flott: Kafka at {bootstrap}: ")
        ended.leaves_nothing()


def end_of(bootstrap_servers: str, topic: str) -> int:
    try:
        return len(received(bootstrap_servers, topic))
    except KafkaException:
        return 0  # the topic is being created
