"""What differs between SQLite, MySQL, MariaDB and PostgreSQL for a job that writes tables through JDBC."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

SQL_DIR = Path(__file__).resolve().parents[1] / "sql"

_DRIVERS = {
    "sqlite": "org.sqlite.JDBC",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "mariadb": "org.mariadb.jdbc.Driver",
    "postgresql": "org.postgresql.Driver",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def database_of(url: str) -> str:
    """Which database a JDBC URL names: ``sqlite``, ``mysql``, ``mariadb`` or ``postgresql``.

    :raises ValueError: if it is another one, or not a JDBC URL. The message does not repeat what may be a password.

    >>> database_of("jdbc:mysql://localhost:3306/shop")
    'mysql'
    """
    parts = url.split(":", 2)
    if len(parts) == 3 and parts[0] == "jdbc" and parts[1] in _DRIVERS:
        return parts[1]
    raise ValueError(f"the database URL has to start with one of: {', '.join(f'jdbc:{name}:' for name in _DRIVERS)}")


def driver_of(url: str) -> str:
    """The class name of the JDBC driver. Flink loads it; Flott speaks to these databases itself and ignores it."""
    return _DRIVERS[database_of(url)]


def upsert_sql(url: str, table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """The statement that inserts a row, or replaces the one with the same key, in the dialect of the database.

    :param columns: the columns, in the order of the row type.
    :param key: the columns of the primary key.

    >>> upsert_sql("jdbc:sqlite:orders.db", "t", ["id", "x"], ["id"])
    'REPLACE INTO t (id, x) VALUES (?, ?)'
    """
    for name in (table, *columns, *key):
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not a plain SQL name")
    insert = f"INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    if database_of(url) != "postgresql":
        return f"REPLACE {insert}"
    updates = [f"{column} = EXCLUDED.{column}" for column in columns if column not in key]
    action = f"UPDATE SET {', '.join(updates)}" if updates else "NOTHING"
    return f"INSERT {insert} ON CONFLICT ({', '.join(key)}) DO {action}"


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL; ``None`` for other databases."""
    return Path(url.split(":", 2)[2].split("?", 1)[0]) if database_of(url) == "sqlite" else None


def create_tables(url: str) -> bool:
    """Creates the course's tables where that takes no server: in SQLite, folder and file included.

    Existing tables stay as they are. Returns whether it did; for a server see :func:`how_to_create_tables`.
    """
    file = sqlite_file(url)
    if file is None:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file)
    try:
        connection.executescript((SQL_DIR / "create_tables.sqlite.sql").read_text(encoding="utf-8"))
    finally:
        connection.close()
    return True


def how_to_create_tables(url: str) -> str:
    """What to type, once, so that the tables exist on that server."""
    if database_of(url) == "postgresql":
        return "psql -d DATABASE -f sql/create_tables.postgres.sql"
    return "mysql -u USER -p DATABASE < sql/create_tables.sql"


def without_secrets(url: str) -> str:
    """The URL without its parameters and user part, for messages.

    >>> without_secrets("jdbc:mysql://me:hush@db:3306/shop?password=hush")
    'jdbc:mysql://db:3306/shop'
    """
    return re.sub(r"//[^/@]*@", "//", url.split("?", 1)[0])
