"""Judges exercise 1.10: from a broker in this process into an SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flott.testing import EmbeddedBroker
from stage1_basic_etl.exercises.e10_whole_job import load_orders
from utils.exercise import expect

MESSAGES = [
    '{"order_id": "O1", "user_id": "U7", "amount": 12.5}',
    "oops",
    '{"order_id": "O2", "user_id": "U8", "amount": 0.30}',
    '{"order_id": "O1", "user_id": "U7", "amount": 13}',
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "orders.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE orders (order_id TEXT PRIMARY KEY, user_id TEXT, amount NUMERIC)")
    return file


def rows(database: Path) -> list[tuple[str, str, float]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT order_id, user_id, amount FROM orders ORDER BY order_id").fetchall()


def test_from_topic_to_table(flott_broker: EmbeddedBroker, database: Path) -> None:
    flott_broker.produce("orders", *MESSAGES)
    counted = load_orders(flott_broker.bootstrap_servers, "orders", f"jdbc:sqlite:{database}")
    expect(
        rows(database), [("O1", "U7", 13), ("O2", "U8", 0.3)], MESSAGES, "1.7 reads, 1.9 and 1.5 convert, 1.8 writes"
    )
    idea = 'metrics = env.execute("...").get_metrics(); metrics["name of the operator"]["name of the counter"]'
    expect(counted, {"read": 4, "broken": 1}, MESSAGES, idea)
    load_orders(flott_broker.bootstrap_servers, "orders", f"jdbc:sqlite:{database}")
    expect(len(rows(database)), 2, "the same topic once more", "rows replace rows of the same key: see exercise 1.8")
