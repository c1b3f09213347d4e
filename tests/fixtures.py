"""Fixtures that give tests real servers.

``kafka``, ``mariadb`` and ``postgres`` are shared by the whole session: the server that ``FLOTT_TEST_KAFKA``,
``FLOTT_TEST_MARIADB`` or ``FLOTT_TEST_POSTGRES`` names, otherwise one started here. ``topic``,
``mariadb_database``, ``postgres_database`` and ``database`` (both, one after the other) give a test a place of its
own on them. ``own_kafka``, ``own_mariadb`` and ``own_postgres`` give a test a server to kill and restart.

A server that is missing fails the test with what to install; nothing is skipped.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.servers import S3, Database, Kafka, KafkaBootstrap, MariaDb, Postgres, Server


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBootstrap]:
    """A Kafka cluster, by its ``bootstrap_servers``."""
    if given := os.environ.get("FLOTT_TEST_KAFKA"):
        yield KafkaBootstrap(given)
        return
    with Kafka() as server:
        yield server.start().bootstrap


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Database]:
    """A MariaDB server, by an account that may create databases."""
    if given := os.environ.get("FLOTT_TEST_MARIADB"):
        yield Database.parse(given)
        return
    with MariaDb() as server:
        yield server.start().database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Database]:
    """A PostgreSQL server, by an account that may create databases."""
    if given := os.environ.get("FLOTT_TEST_POSTGRES"):
        yield Database.parse(given)
        return
    with Postgres() as server:
        yield server.start().database


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """A topic name that nothing else uses; it says which test it is from."""
    return f"{_slug(request.node.name)}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def mariadb_database(mariadb: Database, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty MariaDB database, dropped after the test."""
    fresh = mariadb.named(_database_name(request))
    execute(mariadb, f"CREATE DATABASE {fresh.name}")
    yield fresh
    execute(mariadb, f"DROP DATABASE {fresh.name}")


@pytest.fixture
def postgres_database(postgres: Database, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty PostgreSQL database, dropped after the test."""
    fresh = postgres.named(_database_name(request))
    execute(postgres, f"CREATE DATABASE {fresh.name}")
    yield fresh
    execute(postgres, f"DROP DATABASE {fresh.name} WITH (FORCE)")


@pytest.fixture(params=["mariadb", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database, once of each kind."""
    fresh: Database = request.getfixturevalue(f"{request.param}_database")
    return fresh


@pytest.fixture
def own_kafka() -> Iterator[Kafka]:
    """A started Kafka for this test alone: ``kill()``, ``restart()``, ``bootstrap_servers``."""
    with Kafka() as server:
        yield server.start()


@pytest.fixture
def own_mariadb() -> Iterator[MariaDb]:
    """A started MariaDB for this test alone: ``kill()``, ``restart()``, ``url``, ``database``."""
    with MariaDb() as server:
        yield server.start()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A started PostgreSQL for this test alone: ``kill()``, ``restart()``, ``url``, ``database``."""
    with Postgres() as server:
        yield server.start()


@pytest.fixture
def own_s3() -> Iterator[S3]:
    """A started object store for this test alone: ``kill()``, ``restart()``, ``options()``, ``make_bucket(name)``."""
    with S3() as server:
        yield server.start()


def connect(database: Database) -> contextlib.AbstractContextManager[Any]:
    """A DB-API connection that commits each statement; close it, or use it as ``with connect(database) as c``."""
    where: dict[str, Any] = {
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
    }
    if database.kind == "postgresql":
        import psycopg

        return contextlib.closing(psycopg.connect(**where, dbname=database.name, autocommit=True))
    import pymysql

    return contextlib.closing(pymysql.connect(**where, database=database.name, autocommit=True))


def execute(database: Database, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """Run one statement on a connection of its own and return its rows (``%s`` marks a parameter)."""
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Show the end of its own servers' logs with a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Server):
                report.sections.append((f"log of {name}", value.log_tail()))
    return report


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]


def _database_name(request: pytest.FixtureRequest) -> str:
    return f"t_{_slug(request.node.name).replace('-', '_')[:40]}_{uuid.uuid4().hex[:8]}"
