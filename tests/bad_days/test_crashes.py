"""The job's own process is killed, as a machine that fails kills it, and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_days.process import Job, run
from tests.bad_days.topics import committed, order, send
from tests.fixtures import execute
from tests.servers import Database, Kafka

COUNT = 6000


@pytest.mark.parametrize("parallelism", [1, 2])
def test_nothing_that_was_committed_is_missing(
    parallelism: int, crashing_kafka: Kafka, mariadb_database: Database, topic: str, group: str, tmp_path: Path
) -> None:
    """Killed three times at different places, finished by a fourth run: each order is there, once."""
    bootstrap, database = crashing_kafka.bootstrap_servers, mariadb_database
    execute(database, "CREATE TABLE orders (id BIGINT PRIMARY KEY, name VARCHAR(50), writes INT NOT NULL DEFAULT 1)")
    send(bootstrap, topic, [order(number) for number in range(COUNT)])
    options = {
        "bootstrap": bootstrap, "topic": topic, "group": group, "url": database.url, "parallelism": parallelism,
        "sql": "INSERT INTO orders (id, name) VALUES (?, ?) "
        "ON DUPLICATE KEY UPDATE name = VALUES(name), writes = writes + 1",
        "batch": 100, "records": 64, "checkpoint_ms": 50,
    }  # fmt: skip

    def written() -> int:
        return int(execute(database, "SELECT count(*) FROM orders")[0][0])

    before = 0
    for _ in range(3):
        with Job("orders", tmp_path, pause=0.0002, **options) as job:
            start, goal = written(), written() + COUNT // 8
            job.until(lambda goal=goal: written() >= goal, "progress")  # type: ignore[misc]
            job.kill()
        safe = committed(bootstrap, topic, group)
        ids = {row[0] for row in execute(database, "SELECT id FROM orders")}
        assert set(range(safe)) <= ids
        assert safe > before, "no run got anywhere: what each wrote would be written again for ever"
        assert start < COUNT
        before = safe
    ended, _ = run("orders", tmp_path, **options)
    assert ended.code == 0, ended.err
    ended.leaves_nothing()
    assert execute(database, "SELECT id, name FROM orders ORDER BY id") == [(n, f"order {n}") for n in range(COUNT)]
    assert committed(bootstrap, topic, group) == COUNT
    # at least once, and not everything again: what was committed before the last run was not read again
    (twice,) = execute(database, "SELECT coalesce(sum(writes), 0) - count(*) FROM orders")[0]
    assert 0 <= twice < COUNT
