"""The SQL that suits each database; in SQLite it is run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from utils.database import create_tables, database_of, driver_of, sqlite_file, upsert_sql, without_secrets

MYSQL = "jdbc:mysql://localhost:3306/shop"
POSTGRES = "jdbc:postgresql://localhost:5432/shop"


def test_upsert_in_each_dialect() -> None:
    replace = "REPLACE INTO t (id, no, x) VALUES (?, ?, ?)"
    for url in (MYSQL, "jdbc:mariadb://localhost/shop", "jdbc:sqlite:shop.db"):
        assert upsert_sql(url, "t", ["id", "no", "x"], ["id", "no"]) == replace
    assert upsert_sql(POSTGRES, "t", ["id", "no", "x"], ["id", "no"]) == (
        "INSERT INTO t (id, no, x) VALUES (?, ?, ?) ON CONFLICT (id, no) DO UPDATE SET x = EXCLUDED.x"
    )
    assert upsert_sql(POSTGRES, "t", ["id"], ["id"]).endswith("ON CONFLICT (id) DO NOTHING")


def test_upsert_replaces_the_row_of_the_same_key(tmp_path: Path) -> None:
    url = f"jdbc:sqlite:{tmp_path}/new/folder/orders.db"
    assert create_tables(url)
    assert create_tables(url), "a second time leaves what is there"
    file = sqlite_file(url)
    assert file is not None
    columns = ["order_id", "user_id", "amount", "status", "order_time", "load_time"]
    sql = upsert_sql(url, "order_header", columns, ["order_id"])
    with sqlite3.connect(file) as connection:
        for status in ("pending", "completed"):
            row = ("1", "U1", "9.99", status, "2024-01-01 10:00:00", "2024-01-01 10:00:01")
            connection.execute(sql, row)
        assert connection.execute("SELECT order_id, status FROM order_header").fetchall() == [("1", "completed")]
        lines = ["order_id", "line_no", "item_id", "name", "price", "quantity", "line_amount"]
        sql = upsert_sql(url, "order_line", lines, ["order_id", "line_no"])
        for number in (1, 2, 2):
            connection.execute(sql, ("1", number, "I001", "茶杯 🍵", "1.00", 1, "1.00"))
        assert connection.execute("SELECT line_no, name FROM order_line").fetchall() == [(1, "茶杯 🍵"), (2, "茶杯 🍵")]


def test_a_server_creates_no_tables_by_itself() -> None:
    assert not create_tables(MYSQL)


def test_names_are_not_a_way_into_the_statement() -> None:
    with pytest.raises(ValueError, match="not a plain SQL name"):
        upsert_sql(MYSQL, "t; DROP TABLE t", ["id"], ["id"])


def test_databases_and_their_drivers() -> None:
    assert (database_of(MYSQL), driver_of(MYSQL)) == ("mysql", "com.mysql.cj.jdbc.Driver")
    assert driver_of("jdbc:sqlite::memory:") == "org.sqlite.JDBC"
    with pytest.raises(ValueError, match="jdbc:sqlite:, jdbc:mysql:") as refused:
        database_of("mysql://me:hush@localhost/shop")
    assert "hush" not in str(refused.value)


def test_messages_show_no_password() -> None:
    assert without_secrets("jdbc:mysql://me:hush@db:3306/shop?password=hush&x=1") == "jdbc:mysql://db:3306/shop"
