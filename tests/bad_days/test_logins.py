"""Kafka refuses the login."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_days.process import run
from tests.servers import Kafka

PASSWORD = "Tr0ub4dor-secret"
JAAS = "org.apache.kafka.common.security.plain.PlainLoginModule"
SPELLINGS = {
    "Java": {"sasl.jaas.config": f'{JAAS} required username="flott" password="{PASSWORD}";'},
    "librdkafka": {"sasl.username": "flott", "sasl.password": PASSWORD},
}


@pytest.mark.parametrize("spelling", list(SPELLINGS))
@pytest.mark.parametrize("name", ["orders", "messages"])
def test_a_wrong_password(
    name: str, spelling: str, crashing_kafka: Kafka, topic: str, group: str, sqlite: Path, tmp_path: Path
) -> None:
    properties = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", **SPELLINGS[spelling]}
    bootstrap = crashing_kafka.sasl_bootstrap_servers
    ended, job = run(
        name, tmp_path, bootstrap=bootstrap, topic=topic, group=group, properties=properties, count=10,
        url=f"jdbc:sqlite:{sqlite}", sql="INSERT INTO orders (id, name) VALUES (?, ?)",
    )  # fmt: skip
    assert ended.code == 1
    if name == "orders":
        place = f"source 'orders' ({job.line('orders = env.from_source')})"
    else:
        place = f"sink 'messages' ({job.line('sink_to')})"
    ended.says(
        f"ConfigurationError: Kafka at {bootstrap} refused the login: ",
        f"where: {place}",
        "what to do: check user name, password, 'sasl.mechanism' and 'security.protocol' in the properties",
    )
    assert PASSWORD not in ended.out + ended.err
    ended.leaves_nothing()
    assert ended.seconds < 8, "a wrong password is no reason to wait"
