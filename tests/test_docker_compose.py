"""docker-compose.yml: what a person with Docker gets (no engine runs where the tests do)."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def test_it_starts_the_servers_of_the_course_and_nothing_of_flink() -> None:
    assert sorted(SERVICES) == ["clickhouse", "kafka", "mysql"]


def test_no_port_is_open_to_the_network() -> None:
    ports = [port for service in SERVICES.values() for port in service["ports"]]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_passwords_come_from_the_environment_and_have_no_default() -> None:
    settings = [item for service in SERVICES.values() for item in service["environment"].items()]
    passwords = {name: value for name, value in settings if name.endswith("PASSWORD") and "RANDOM" not in name}
    assert sorted(passwords) == ["CLICKHOUSE_PASSWORD", "MYSQL_PASSWORD"]
    assert all(re.fullmatch(r"\$\{DATABASE_PASSWORD:\?[^}]+\}", value) for value in passwords.values())


def test_the_files_it_mounts_exist() -> None:
    mounts = [volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]]
    files = [mount for mount in mounts if mount.startswith("./")]
    assert files == ["./sql/create_tables.sql"]
    assert (ROOT / files[0]).is_file()
