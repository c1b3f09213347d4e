"""Brokers for the Kafka tests: each test runs against Flott's own and against Apache Kafka."""

from __future__ import annotations

import pytest

from flott.datastream import StreamExecutionEnvironment


@pytest.fixture(params=["embedded", "apache"])
def brokers(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers of the embedded broker, then of Apache Kafka."""
    if request.param == "embedded":
        servers: str = request.getfixturevalue("flott_broker").bootstrap_servers
    else:
        servers = request.getfixturevalue("kafka").bootstrap_servers
    return servers


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()
