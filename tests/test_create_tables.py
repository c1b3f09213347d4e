"""sql/create_tables*.sql: each database gets the same tables, and a second time changes nothing."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from tests.fixtures import connect, execute
from tests.servers import Database

SQL = Path(__file__).parents[1] / "sql"


def statements(file: str) -> list[str]:
    return [statement for statement in (SQL / file).read_text(encoding="utf-8").split(";\n") if statement.strip()]


def columns_of_sqlite() -> dict[str, list[str]]:
    """The tables as SQLite sees them: what the other two are compared with."""
    connection = sqlite3.connect(":memory:")
    for _ in range(2):
        connection.executescript((SQL / "create_tables.sqlite.sql").read_text(encoding="utf-8"))
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for (name,) in tables}


def test_the_three_dialects_make_the_same_tables(database: Database) -> None:
    file = "create_tables.postgres.sql" if database.kind == "postgresql" else "create_tables.sql"
    schema = "public" if database.kind == "postgresql" else database.name
    for statement in statements(file) * 2:
        execute(database, statement)
    rows = execute(
        database,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s "
        "ORDER BY table_name, ordinal_position",
        (schema,),
    )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    assert found == columns_of_sqlite()
    assert len(found) == 9


def test_values_keep_what_they_are(database: Database) -> None:
    file = "create_tables.postgres.sql" if database.kind == "postgresql" else "create_tables.sql"
    order = ("o1", "u", Decimal("9999999999.99"), "completed", datetime(2099, 12, 31, 23, 59, 59, 123000), None)
    with connect(database) as connection, connection.cursor() as cursor:
        for statement in statements(file):
            cursor.execute(statement)
        insert = "INSERT INTO order_header VALUES (%s, %s, %s, %s, %s, %s)"
        cursor.execute(insert, order)
        # Another order, in every one of the databases: keys differ by case.
        cursor.execute(insert, ("O1", *order[1:]))
        cursor.execute("INSERT INTO order_line VALUES ('o1', 1, 'I001', '茶杯 🍵', 0.01, 3, 0.03)")
        cursor.execute("SELECT * FROM order_header WHERE order_id = 'o1'")
        assert [tuple(row) for row in cursor.fetchall()] == [order]
        cursor.execute("SELECT name, line_amount FROM order_line")
        assert [tuple(row) for row in cursor.fetchall()] == [("茶杯 🍵", Decimal("0.03"))]
