"""Fixtures of the first week's tests: a broker, embedded or real."""

from __future__ import annotations

from pathlib import Path

import pytest

from flott.testing import EmbeddedBroker


@pytest.fixture
def embedded_broker(flott_broker: EmbeddedBroker) -> str:
    """The address of the development broker that comes with Flott."""
    return flott_broker.bootstrap_servers


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
