"""The broker under test: each test that takes ``broker`` runs against both, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flott.broker import Broker
from tests.broker.clients import Clients
from tests.broker.process import BrokerProcess


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One embedded broker for the whole session, as there is one Apache Kafka."""
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(params=["embedded", "kafka"])
def broker(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers of the embedded broker, then those of Apache Kafka."""
    servers: str = request.getfixturevalue(request.param).bootstrap_servers
    return servers


@pytest.fixture
def clients(broker: str) -> Iterator[Clients]:
    """Clients of the broker under test; they are closed after the test."""
    with Clients(broker) as clients:
        yield clients


@pytest.fixture
def process(tmp_path: Path) -> Iterator[BrokerProcess]:
    """A started ``flott broker`` that a test may kill and start again."""
    with BrokerProcess(tmp_path / "data") as process:
        process.start()
        yield process
