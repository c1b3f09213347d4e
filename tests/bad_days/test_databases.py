"""The database is killed and comes back, or does not; or it refuses what the program wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bad_days.process import Ended, Job, run
from tests.bad_days.topics import committed, order, send
from tests.fixtures import execute
from tests.servers import Database, MariaDb, Postgres

TABLE = "CREATE TABLE orders (id BIGINT PRIMARY KEY, name VARCHAR(50))"
PASSWORD = "Tr0ub4dor&3/secret"


def upsert(kind: str, table: str = "orders", column: str = "name") -> str:
    insert = f"INSERT INTO {table} (id, {column}) VALUES (?, ?) "
    if kind == "mariadb":
        return insert + f"ON DUPLICATE KEY UPDATE {column} = VALUES({column})"
    return insert + f"ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}"


@pytest.fixture(scope="module", params=["mariadb", "postgres"])
def crashing(request: pytest.FixtureRequest) -> Any:
    """A database for this module alone, to be killed; a test leaves it running."""
    with MariaDb() if request.param == "mariadb" else Postgres() as server:
        yield server.start()


def ids(database: Database) -> list[int]:
    return [row[0] for row in execute(database, "SELECT id FROM orders ORDER BY id")]


def test_a_database_that_is_killed(
    crashing: MariaDb | Postgres, embedded: str, topic: str, group: str, tmp_path: Path
) -> None:
    database = crashing.database
    execute(database, TABLE)
    send(embedded, topic, [order(number) for number in range(2000)])
    with Job(
        "orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=crashing.url, sql=upsert(database.kind),
        retries=10, pause=0.001, batch=50, records=50,
    ) as job:  # fmt: skip
        job.until(lambda: len(ids(database)) >= 200, "the first orders in the table")
        crashing.kill()
        # at least once: what the group has committed is in the table, whenever one looks
        job.until(lambda: "trying again" in job.err, "a word about the database that is away")
        before = committed(embedded, topic, group)
        crashing.start()
        assert set(range(before)) <= set(ids(database))
        ended = job.end(60)
    assert ended.code == 0, ended.err
    assert ids(database) == list(range(2000))
    assert committed(embedded, topic, group) == 2000
    assert "flott-test" not in ended.err
    ended.says()
    ended.leaves_nothing()
    execute(database, "DROP TABLE orders")


def test_a_database_that_stays_away(
    crashing: MariaDb | Postgres, embedded: str, topic: str, group: str, tmp_path: Path
) -> None:
    """The job fails; nothing is committed that the table has not, and the next run completes the table."""
    database = crashing.database
    execute(database, TABLE)
    send(embedded, topic, [order(number) for number in range(1000)])
    options = {
        "bootstrap": embedded, "topic": topic, "group": group, "url": crashing.url, "sql": upsert(database.kind),
        "retries": 1, "batch": 50, "records": 50,
    }  # fmt: skip
    with Job("orders", tmp_path, pause=0.001, **options) as job:
        job.until(lambda: len(ids(database)) >= 100, "the first orders in the table")
        crashing.kill()
        ended = job.end()
    assert ended.code == 1
    ended.says(
        "ConnectorError: ",
        "tried 2 times",
        f"where: sink 'table' ({job.line('orders.add_sink')})",
        "what to do: start the server",
    )
    assert "flott-test" not in ended.err
    ended.leaves_nothing()
    crashing.start()
    assert set(range(committed(embedded, topic, group))) <= set(ids(database))
    again, _ = run("orders", tmp_path, **options)
    assert again.code == 0, again.err
    assert ids(database) == list(range(1000))
    execute(database, "DROP TABLE orders")


def refused(database: Database, embedded: str, topic: str, group: str, folder: Path, **options: Any) -> Ended:
    """How a job with one order ends."""
    send(embedded, topic, [order(1)])
    given = {"url": database.plain_url, "user": database.user, "password": database.password, **options}
    ended, job = run("orders", folder, bootstrap=embedded, topic=topic, group=group, **given)
    assert ended.code == 1
    ended.says(f"where: sink 'table' ({job.line('orders.add_sink')})", "what to do: ")
    ended.leaves_nothing()
    assert committed(embedded, topic, group) == 0, "a record that was not written counts as read"
    return ended


def test_a_table_that_is_missing(database: Database, embedded: str, topic: str, group: str, tmp_path: Path) -> None:
    sql = upsert(database.kind, table="orderz")
    ended = refused(database, embedded, topic, group, tmp_path, sql=sql)
    ended.says("ConfigurationError: ", "orderz", f"statement: {sql}", "create the table, or correct its name")


def test_a_column_that_is_missing(database: Database, embedded: str, topic: str, group: str, tmp_path: Path) -> None:
    execute(database, TABLE)
    sql = upsert(database.kind, column="nmae")
    ended = refused(database, embedded, topic, group, tmp_path, sql=sql)
    ended.says("ConfigurationError: ", "nmae", "correct the column's name in the statement, or add the column")


def test_a_value_that_is_too_long(database: Database, embedded: str, topic: str, group: str, tmp_path: Path) -> None:
    """The one row among many that the database refuses is shown, with its column."""
    execute(database, TABLE)
    payloads = [order(number) for number in range(700)]
    payloads[333] = b'{"id": 333, "name": "%s"}' % (b"n" * 60)
    send(embedded, topic, payloads)
    ended = refused(database, embedded, topic, group, tmp_path, sql=upsert(database.kind), batch=5000)
    ended.says("DataError: ", "refused a row", "name", "id=333", "make the column wider, or cut the value")


def test_a_wrong_password(database: Database, embedded: str, topic: str, group: str, tmp_path: Path) -> None:
    execute(database, TABLE)
    ended = refused(database, embedded, topic, group, tmp_path, sql=upsert(database.kind), password=PASSWORD)
    ended.says("ConfigurationError: no connection to ", database.user, "correct the user name and the password")
    assert "Tr0ub4dor" not in ended.out + ended.err
    assert ended.seconds < 8, "a wrong password is no reason to try again"


def test_a_wrong_password_in_the_url(database: Database, embedded: str, topic: str, group: str, tmp_path: Path) -> None:
    execute(database, TABLE)
    url = f"{database.plain_url}?user={database.user}&password=Tr0ub4dor-secret"
    send(embedded, topic, [order(1)])
    sql = upsert(database.kind)
    ended, _ = run("orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=url, sql=sql)
    assert ended.code == 1
    ended.says("ConfigurationError: no connection to ", "correct the user name and the password")
    assert "Tr0ub4dor" not in ended.out + ended.err
    ended.leaves_nothing()


def test_an_sqlite_file_in_a_folder_that_is_missing(embedded: str, topic: str, group: str, tmp_path: Path) -> None:
    path = tmp_path / "missing" / "orders.db"
    send(embedded, topic, [order(1)])
    sql = upsert("sqlite")
    ended, job = run(
        "orders", tmp_path, bootstrap=embedded, topic=topic, group=group, url=f"jdbc:sqlite:{path}", sql=sql
    )
    assert ended.code == 1
    ended.says(
        "ConnectorError: no connection to SQLite",
        str(path),
        f"where: sink 'table' ({job.line('orders.add_sink')})",
        "what to do: create the folder",
    )
    ended.leaves_nothing()
    assert not path.parent.exists()
