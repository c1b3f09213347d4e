"""Servers and places that the bad days happen to."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.broker.process import BrokerProcess
from tests.servers import Kafka


@pytest.fixture(scope="package")
def crashing_kafka() -> Iterator[Kafka]:
    """Apache Kafka for this folder alone, to be killed; a test leaves it running."""
    with Kafka() as server:
        yield server.start()


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded broker that takes records of 32 MB."""
    with BrokerProcess(tmp_path_factory.mktemp("broker"), "--message-max-bytes", str(32 << 20)) as broker:
        broker.start()
        yield broker.bootstrap_servers


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def sqlite(tmp_path: Path) -> Path:
    """An SQLite file with an empty table ``orders``."""
    path = tmp_path / "orders.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE orders (id BIGINT PRIMARY KEY, name VARCHAR(50))")
    return path
