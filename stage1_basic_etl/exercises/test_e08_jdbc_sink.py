"""Judges exercise 1.8, with a table in an SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flott.common import Row, Types
from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.exercises.e08_jdbc_sink import sales_sink
from utils.exercise import expect

SALES = [Row("tea", 3), Row("cup", 1), Row("tea", 5)]
ROW_TYPE = Types.ROW_NAMED(["product", "pieces"], [Types.STRING(), Types.INT()])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "sales.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE sales (product TEXT PRIMARY KEY, pieces INTEGER)")
    return file


def load(env: StreamExecutionEnvironment, database: Path) -> list[tuple[str, int]]:
    env.from_collection(SALES, ROW_TYPE).add_sink(sales_sink(f"jdbc:sqlite:{database}", ROW_TYPE))
    env.execute()
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT product, pieces FROM sales ORDER BY product").fetchall()


def test_a_later_row_replaces_an_earlier_one(flott_env: StreamExecutionEnvironment, database: Path) -> None:
    idea = "REPLACE INTO sales (product, pieces) VALUES (?, ?)"
    expect(load(flott_env, database), [("cup", 1), ("tea", 5)], SALES, idea)


def test_the_same_stream_twice_leaves_the_same_table(flott_env: StreamExecutionEnvironment, database: Path) -> None:
    load(flott_env, database)
    idea = "with INSERT the second run fails or doubles the rows; after a crash a job does write some rows again"
    expect(load(flott_env, database), [("cup", 1), ("tea", 5)], [*SALES, "and once more"], idea)


def test_when_a_statement_is_sent() -> None:
    _, options, _ = sales_sink("jdbc:sqlite:sales.db", ROW_TYPE)._to_spec()
    got = {name: options.get(name) for name in ("batch-size", "batch-interval-ms")}
    idea = "JdbcExecutionOptions.builder().with_batch_size(...).with_batch_interval_ms(...).build()"
    expect(got, {"batch-size": "100", "batch-interval-ms": "200"}, "the sink's options", idea)
