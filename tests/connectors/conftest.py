"""Brokers for the Kafka tests: each test runs against Flott's own and against Apache Kafka."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flott.broker import Broker
from flott.datastream import StreamExecutionEnvironment


@pytest.fixture(scope="session")
def embedded() -> Iterator[str]:
    """The bootstrap servers of an embedded broker."""
    with Broker() as broker:
        yield broker.bootstrap_servers


@pytest.fixture(params=["embedded", "apache"])
def brokers(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers of the embedded broker, then of Apache Kafka."""
    if request.param == "embedded":
        servers: str = request.getfixturevalue("embedded")
    else:
        servers = request.getfixturevalue("kafka").bootstrap_servers
    return servers


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()
