"""The JDBC sink compiles to the connector's options, checks the statement, and hides passwords."""

from __future__ import annotations

from typing import Any

import pytest

from flott.common import Types
from flott.datastream.connectors.jdbc import (
    JdbcConnectionOptions,
    JdbcExactlyOnceOptions,
    JdbcExecutionOptions,
    JdbcSink,
)

ORDER = Types.ROW_NAMED(["id", "amount"], [Types.LONG(), Types.BIG_DEC()])
SQL = "REPLACE INTO orders (id, amount) VALUES (?, ?)"


def connection(url: str = "jdbc:mysql://db:3306/shop") -> JdbcConnectionOptions:
    builder = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(url).with_user_name("etl")
    return builder.with_password("hush").with_driver_name("com.mysql.cj.jdbc.Driver").build()


def test_a_whole_sink() -> None:
    execution = (
        JdbcExecutionOptions.builder().with_batch_size(10).with_batch_interval_ms(1000).with_max_retries(5).build()
    )
    assert JdbcSink.sink(SQL, ORDER, connection(), execution)._to_spec() == (
        "jdbc",
        {
            "sql": SQL,
            "url": "jdbc:mysql://db:3306/shop",
            "driver": "com.mysql.cj.jdbc.Driver",
            "username": "etl",
            "password": "hush",
            "batch-size": "10",
            "batch-interval-ms": "1000",
            "max-retries": "5",
        },
        ORDER,
    )


def test_defaults_are_flinks() -> None:
    defaults = JdbcExecutionOptions.defaults()
    assert (defaults.get_batch_size(), defaults.get_batch_interval_ms(), defaults.get_max_retries()) == (5000, 0, 3)
    given = JdbcSink.sink(SQL, ORDER, connection())._to_spec()[1]
    assert (given["batch-size"], given["batch-interval-ms"], given["max-retries"]) == ("5000", "0", "3")


def test_exactly_once_has_a_table_and_a_limit() -> None:
    given = JdbcSink.exactly_once_sink(SQL, ORDER, connection())._to_spec()[1]
    assert (given["delivery-guarantee"], given["commits-table"]) == ("exactly-once", "flott_commits")
    assert given["max-buffered-bytes"] == "268435456"
    options = JdbcExactlyOnceOptions.builder().with_commits_table("etl.done").with_max_buffered_bytes(1).build()
    given = JdbcSink.exactly_once_sink(SQL, ORDER, connection(), None, options)._to_spec()[1]
    assert (given["commits-table"], given["max-buffered-bytes"]) == ("etl.done", "1")
    with pytest.raises(ValueError, match="at least 1"):
        JdbcExactlyOnceOptions.builder().with_max_buffered_bytes(0)
    with pytest.raises(TypeError, match="JdbcExactlyOnceOptions"):
        JdbcSink.exactly_once_sink(SQL, ORDER, connection(), None, "flott_commits")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://root:hush@db:3306/shop?useSSL=false",
        "jdbc:postgresql://db/shop?user=a&password=hush",
        "jdbc:mysql://db/shop?sslPassword=hush",
    ],
)
def test_passwords_are_not_shown(url: str) -> None:
    options = connection(url)
    for text in (repr(options), repr(JdbcSink.sink(SQL, ORDER, options))):
        assert "hush" not in text and "db" in text
    assert options.get_password() == "hush" and options.get_user_name() == "etl"


@pytest.mark.parametrize(
    ("sql", "fits"),
    [
        ("INSERT INTO t VALUES (?, ?)", True),
        ("INSERT INTO t VALUES (?, '?', ?) -- really?", True),
        ('INSERT INTO "a?" VALUES (?, ?) /* why? */', True),
        ("INSERT INTO t VALUES (?, 'it''s ?', ?)", True),
        ("INSERT INTO t VALUES (?)", False),
        ("INSERT INTO t VALUES (?, ?, ?)", False),
    ],
)
def test_parameters_are_counted(sql: str, fits: bool) -> None:
    if fits:
        assert JdbcSink.sink(sql, ORDER, connection())._to_spec()[1]["sql"] == sql
    else:
        with pytest.raises(ValueError, match=r"has \d '\?' but the row has 2 fields \(id, amount\)"):
            JdbcSink.sink(sql, ORDER, connection())


def test_wrong_arguments() -> None:
    builder: Any = JdbcConnectionOptions.JdbcConnectionOptionsBuilder()
    with pytest.raises(ValueError, match="call with_url"):
        builder.build()
    with pytest.raises(ValueError, match="jdbc:oracle:.* is not a URL of a supported database"):
        builder.with_url("jdbc:oracle:thin:x").build()
    with pytest.raises(TypeError, match="environment variable"):
        builder.with_password(None)
    with pytest.raises(TypeError, match=r"call \.build\(\)"):
        JdbcSink.sink(SQL, ORDER, builder)
    with pytest.raises(TypeError, match="ROW_NAMED"):
        JdbcSink.sink(SQL, Types.STRING(), connection())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        JdbcExecutionOptions.builder().with_batch_size(0)
