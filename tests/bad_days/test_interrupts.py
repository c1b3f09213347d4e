"""Ctrl-C while a job runs, in a terminal and in processes that have none."""

from __future__ import annotations

import os
import pty
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.bad_days.process import Ended, Job
from tests.bad_days.topics import committed, order, send
from tests.fixtures import connect, execute
from tests.servers import Database

UPSERT = "INSERT INTO orders (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
#: A process that Ctrl-C ended, as a shell sees it: Python ends itself by the signal.
INTERRUPTED = -2


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM orders").fetchone()[0])


def as_python_does(ended: Ended) -> None:
    """The traceback of a KeyboardInterrupt, nothing else, and the code that says so."""
    assert ended.code == INTERRUPTED, ended.err
    assert ended.err.splitlines()[-1] == "KeyboardInterrupt"
    ended.says("Traceback (most recent call last):")
    assert "exception in thread" not in ended.err.lower()


def test_in_a_terminal(embedded: str, topic: str, group: str, sqlite: Path, tmp_path: Path) -> None:
    """Three characters of a real terminal; what was committed is in the table."""
    send(embedded, topic, [order(number) for number in range(3000)])
    master, terminal = pty.openpty()
    try:
        with Job(
            "orders", tmp_path, terminal=terminal, bootstrap=embedded, topic=topic, group=group, bounded=False,
            url=f"jdbc:sqlite:{sqlite}", sql=UPSERT, pause=0.001, parallelism=2,
        ) as job:  # fmt: skip
            job.until(lambda: count(sqlite) > 0, "the first orders in the table")
            job.interrupt(lambda: os.write(master, b"\x03"))
            ended = job.end()
    finally:
        os.close(master)
        os.close(terminal)
    as_python_does(ended)
    ended.leaves_nothing()
    assert ended.seconds < 2
    with closing(sqlite3.connect(sqlite)) as connection:
        ids = {row[0] for row in connection.execute("SELECT id FROM orders")}
    assert set(range(committed(embedded, topic, group))) <= ids


def test_while_nothing_comes(embedded: str, topic: str, group: str, sqlite: Path, tmp_path: Path) -> None:
    send(embedded, topic, [order(1)])
    with Job(
        "orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=f"jdbc:sqlite:{sqlite}", sql=UPSERT,
        bounded=False,
    ) as job:  # fmt: skip
        job.until(lambda: count(sqlite) == 1, "the order in the table")
        job.interrupt()
        ended = job.end()
    as_python_does(ended)
    ended.leaves_nothing()
    assert ended.seconds < 2


def test_while_the_broker_is_away(topic: str, group: str, sqlite: Path, tmp_path: Path) -> None:
    with Job(
        "orders", tmp_path, bootstrap="127.0.0.1:1", topic=topic, group=group, url=f"jdbc:sqlite:{sqlite}", sql=UPSERT,
        properties={"default.api.timeout.ms": "60000"},
    ) as job:  # fmt: skip
        job.until(lambda: "Connection refused" in job.err, "a first word about the broker that is away")
        job.interrupt()
        ended = job.end()
    assert ended.code == INTERRUPTED, ended.err
    ended.says("KeyboardInterrupt")
    ended.leaves_nothing()
    assert ended.seconds < 2


@pytest.mark.parametrize("parallelism", [1, 2])
def test_while_a_function_sleeps(parallelism: int, tmp_path: Path) -> None:
    """Half a second for each of 100 records: the job ends with the record at hand, not with the batch."""
    with Job("function", tmp_path, function="sleep", seconds=0.5, parallelism=parallelism) as job:
        job.until(lambda: "started" in job.out, "the first call")
        job.interrupt()
        ended = job.end()
    as_python_does(ended)
    ended.leaves_nothing()
    assert ended.seconds < 3


def test_while_a_function_never_returns(tmp_path: Path) -> None:
    """A loop in Python is broken off."""
    with Job("function", tmp_path, function="spin") as job:
        job.until(lambda: "started" in job.out, "the first call")
        job.interrupt()
        ended = job.end()
    as_python_does(ended)
    ended.leaves_nothing()
    assert ended.seconds < 4


def test_while_a_function_blocks(tmp_path: Path) -> None:
    """Nothing can end a call that blocks in C; the program says whom it waits for, and ends all the same."""
    with Job("function", tmp_path, function="sleep", seconds=600) as job:
        job.until(lambda: "started" in job.out, "the call")
        job.interrupt()
        ended = job.end()
    as_python_does(ended)
    ended.says("WARNING flott: ", "-> Map ->", "still runs: a call that blocks outside Python cannot be broken off")
    assert ended.seconds < 8


def test_while_the_database_holds_a_lock(
    database: Database, embedded: str, topic: str, group: str, tmp_path: Path
) -> None:
    """The sink waits in the middle of a statement for which the database has no answer yet."""
    execute(database, "CREATE TABLE orders (id BIGINT PRIMARY KEY, name VARCHAR(50))")
    send(embedded, topic, [order(number) for number in range(10)])
    sql = UPSERT
    if database.kind == "mariadb":
        sql = "INSERT INTO orders (id, name) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name)"
    with connect(database) as holder, holder.cursor() as cursor:
        if database.kind == "mariadb":
            cursor.execute("LOCK TABLES orders WRITE")
            waiting = "SELECT count(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%%'"
        else:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with Job(
            "orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=database.url, sql=sql, bounded=False
        ) as job:
            job.until(lambda: execute(database, waiting) != [(0,)], "the sink waiting for the lock")
            time.sleep(0.2)
            job.interrupt()
            ended = job.end()
        cursor.execute("UNLOCK TABLES" if database.kind == "mariadb" else "ROLLBACK")
    as_python_does(ended)
    ended.leaves_nothing()
    assert ended.seconds < 4
    assert committed(embedded, topic, group) == 0
