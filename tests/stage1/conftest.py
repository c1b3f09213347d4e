"""Fixtures of the first week's tests: a broker, embedded or real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the development broker that comes with Flott."""
    from flott.broker import Broker

    with Broker(data_dir=tmp_path_factory.mktemp("broker")) as broker:
        yield broker.bootstrap_servers


@pytest.fixture(params=["embedded", "kafka"])
def bootstrap_servers(request: pytest.FixtureRequest) -> str:
    """A broker's address: once the embedded one, once Apache Kafka."""
    if request.param == "embedded":
        address: str = request.getfixturevalue("embedded_broker")
        return address
    servers: str = request.getfixturevalue("kafka").bootstrap_servers
    return servers


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"jdbc:sqlite:{tmp_path}/orders.db"
