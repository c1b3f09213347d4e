"""The JDBC sink in a running job: what a typed row is in each database, and how writing ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flott.common import Instant, Row, Types
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink
from flott.errors import FlottError
from tests.fixtures import execute
from tests.servers import Database

Env = StreamExecutionEnvironment


class Target:
    """A database to write into: its JDBC options, and a way to look at it without Flott."""

    def __init__(
        self, kind: str, url: str, query: Callable[[str], list[tuple[Any, ...]]], database: Any = None
    ) -> None:
        self.kind = kind
        self.query = query
        builder = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(url)
        if database is not None:
            builder = builder.with_user_name(database.user).with_password(database.password)
        self.options = builder.build()

    def pick(self, **of_kind: Any) -> Any:
        return of_kind[self.kind]


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    if request.param == "sqlite":
        path = tmp_path / "test.db"

        def query(sql: str) -> list[tuple[Any, ...]]:
            with sqlite3.connect(path) as connection:
                return connection.execute(sql).fetchall()

        return Target("sqlite", f"jdbc:sqlite:{path}", query)
    database: Database = request.getfixturevalue(f"{request.param}_database")
    return Target(request.param, database.plain_url, lambda sql: execute(database, sql), database)


@pytest.fixture(params=["1", "3", ""], ids=["batch1", "batch3", "batch"])
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", request.param)


ORDER = Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])


@pytest.mark.parametrize("parallelism", [1, 2])
def test_rows_are_there_when_the_job_has_ended(env: Env, target: Target, parallelism: int, batch_size: None) -> None:
    target.query("CREATE TABLE orders (id INTEGER PRIMARY KEY, name VARCHAR(50))")
    env.set_parallelism(parallelism)
    rows = [Row(n, f"order {n}") for n in range(50)]
    sink = JdbcSink.sink(
        "INSERT INTO orders (id, name) VALUES (?, ?)",
        ORDER,
        target.options,
        JdbcExecutionOptions.builder().with_batch_size(7).with_max_retries(0).build(),
    )
    env.from_collection(rows, ORDER).rebalance().map(lambda row: row, ORDER).add_sink(sink).name("into orders")
    result = env.execute()
    assert target.query("SELECT id, name FROM orders ORDER BY id") == [(n, f"order {n}") for n in range(50)]
    assert result.get_metrics()["into orders"]["numRecordsIn"] == 50


TYPES = {
    "b": Types.BOOLEAN(),
    "i": Types.INT(),
    "l": Types.LONG(),
    "d": Types.DOUBLE(),
    "s": Types.STRING(),
    "n": Types.BIG_DEC(),
    "dt": Types.SQL_DATE(),
    "tm": Types.SQL_TIME(),
    "ts": Types.SQL_TIMESTAMP(),
    "bin": Types.PRIMITIVE_ARRAY(Types.BYTE()),
}
FULL = Row(
    True, -(2**31), 2**63 - 1, 0.1, "naïve 😀 'x' \\ \n", Decimal("12345678901234567890.12"), date(2024, 2, 29),
    time(23, 59, 58), datetime(2024, 2, 29, 23, 59, 59, 123456), b"\x00\xff'",
)  # fmt: skip


def test_values_keep_themselves(env: Env, target: Target, batch_size: None) -> None:
    target.query(
        target.pick(
            sqlite="CREATE TABLE v (k INT, b BOOLEAN, i INT, l BIGINT, d DOUBLE, s TEXT, n TEXT,"
            " dt TEXT, tm TEXT, ts TEXT, bin BLOB)",
            mariadb="CREATE TABLE v (k INT, b BOOLEAN, i INT, l BIGINT, d DOUBLE, s TEXT CHARACTER SET utf8mb4,"
            " n DECIMAL(30, 2), dt DATE, tm TIME, ts DATETIME(6), bin BLOB)",
            postgres="CREATE TABLE v (k INT, b BOOLEAN, i INT, l BIGINT, d DOUBLE PRECISION, s TEXT,"
            " n NUMERIC(30, 2), dt DATE, tm TIME, ts TIMESTAMP, bin BYTEA)",
        )
    )  # fmt: skip
    row_type = Types.ROW_NAMED(["k", *TYPES], [Types.INT(), *TYPES.values()])
    rows = [Row(1, *FULL), Row(2, *[None] * len(TYPES))]
    sql = f"INSERT INTO v (k, {', '.join(TYPES)}) VALUES (?, {', '.join('?' * len(TYPES))})"
    env.from_collection(rows, row_type).add_sink(JdbcSink.sink(sql, row_type, target.options))
    env.execute()
    full, empty = target.query(f"SELECT {', '.join(TYPES)} FROM v ORDER BY k")
    assert empty == (None,) * len(TYPES)
    b, i, number, d, s, n, dt, tm, ts, binary = full
    assert (bool(b), i, number, d, s, bytes(binary)) == (True, -(2**31), 2**63 - 1, 0.1, FULL[4], b"\x00\xff'")
    assert Decimal(n) == Decimal("12345678901234567890.12")
    assert dt == target.pick(sqlite="2024-02-29", mariadb=date(2024, 2, 29), postgres=date(2024, 2, 29))
    of_day = timedelta(hours=23, minutes=59, seconds=58)
    assert tm == target.pick(sqlite="23:59:58", mariadb=of_day, postgres=time(23, 59, 58))
    moment = datetime(2024, 2, 29, 23, 59, 59, 123456)
    assert ts == target.pick(sqlite="2024-02-29 23:59:59.123456", mariadb=moment, postgres=moment)


def test_an_instant_is_a_moment_in_utc(env: Env, target: Target) -> None:
    target.query(
        target.pick(
            sqlite="CREATE TABLE m (at TEXT)",
            mariadb="CREATE TABLE m (at DATETIME(6))",
            postgres="CREATE TABLE m (at TIMESTAMPTZ)",
        )
    )
    row_type = Types.ROW_NAMED(["at"], [Types.INSTANT()])
    # 2024-02-29T12:30:15Z
    rows = [Row(Instant(1709209815, 0))]
    env.from_collection(rows, row_type).add_sink(JdbcSink.sink("INSERT INTO m VALUES (?)", row_type, target.options))
    env.execute()
    [(at,)] = target.query(
        target.pick(
            sqlite="SELECT at FROM m", mariadb="SELECT at FROM m", postgres="SELECT at AT TIME ZONE 'UTC' FROM m"
        )
    )
    assert str(at)[:19] == "2024-02-29 12:30:15"


def test_upserts_keep_the_last_of_a_key(env: Env, target: Target, batch_size: None) -> None:
    target.query("CREATE TABLE orders (id INTEGER PRIMARY KEY, name VARCHAR(50))")
    sql = target.pick(
        sqlite="INSERT INTO orders VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        mariadb="INSERT INTO orders VALUES (?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name)",
        postgres="INSERT INTO orders VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name",
    )
    rows = [Row(n % 3, f"{n}") for n in range(10)]
    env.from_collection(rows, ORDER).add_sink(JdbcSink.sink(sql, ORDER, target.options))
    env.execute()
    # 0 to 9: the last numbers of the rests 0, 1, 2 are 9, 7, 8
    assert target.query("SELECT id, name FROM orders ORDER BY id") == [(0, "9"), (1, "7"), (2, "8")]


def test_replace(env: Env, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "t.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)")
    options = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(f"jdbc:sqlite:{tmp_path / 't.db'}").build()
    rows = [Row(1, "first"), Row(1, "second")]
    env.from_collection(rows, ORDER).add_sink(JdbcSink.sink("REPLACE INTO orders VALUES (?, ?)", ORDER, options))
    env.execute()
    with sqlite3.connect(tmp_path / "t.db") as connection:
        assert connection.execute("SELECT * FROM orders").fetchall() == [(1, "second")]


def test_a_refused_row_is_named_with_its_column_and_the_reason(env: Env, target: Target) -> None:
    target.query("CREATE TABLE orders (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL)")
    rows = [Row(1, "a"), Row(7, None), Row(3, "c")]
    sink = JdbcSink.sink("INSERT INTO orders VALUES (?, ?)", ORDER, target.options)
    env.from_collection(rows, ORDER).add_sink(sink).name("into orders")
    with pytest.raises(FlottError) as raised:
        env.execute()
    message = str(raised.value)
    assert "name" in message and "7" in message and "null" in message.lower()
    assert "into orders" in message and "test_jdbc.py" in message


def test_a_missing_table_is_named(env: Env, target: Target) -> None:
    env.from_collection([Row(1, "a")], ORDER).add_sink(
        JdbcSink.sink("INSERT INTO missing VALUES (?, ?)", ORDER, target.options)
    )
    with pytest.raises(FlottError, match="missing"):
        env.execute()


def test_records_of_an_untyped_stream_are_converted_to_the_sinks_type(env: Env, target: Target) -> None:
    target.query("CREATE TABLE orders (id INTEGER PRIMARY KEY, name VARCHAR(50))")
    sink = JdbcSink.sink("INSERT INTO orders VALUES (?, ?)", ORDER, target.options)
    env.from_collection([1, 2]).map(lambda n: (n, f"n{n}")).add_sink(sink)
    env.execute()
    assert target.query("SELECT id, name FROM orders ORDER BY id") == [(1, "n1"), (2, "n2")]


def test_a_record_that_does_not_fit_the_sinks_type(env: Env, target: Target) -> None:
    target.query("CREATE TABLE orders (id INTEGER PRIMARY KEY, name VARCHAR(50))")
    sink = JdbcSink.sink("INSERT INTO orders VALUES (?, ?)", ORDER, target.options)
    env.from_collection([(1, "a"), ("x", "b")]).add_sink(sink)
    with pytest.raises(FlottError, match="id.*'x'"):
        env.execute()
