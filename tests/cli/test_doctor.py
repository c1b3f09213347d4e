"""``flott doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import contextlib
import http.server
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flott.broker import Broker
from flott.cli._doctor import Finding, Mark
from flott.cli._doctor.broker import _check_advertised, check_broker
from flott.cli._doctor.database import check_database
from flott.cli._doctor.kafka_wire import Metadata
from flott.cli._doctor.settings import SettingsError, read_settings
from tests.servers import Database, KafkaBootstrap


def doctor(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flott.cli", "doctor", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.fixture
def free_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(data_dir=tmp_path / "data", topics=[("order-raw", 3)]) as broker:
        yield broker


# --- the installation


def test_an_installation_that_is_fine(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "  ok  a job of one line runs\n" in done.stdout
    assert "none of config/config.yml, config.yml, config.ini is here" in done.stdout
    assert done.stdout.endswith("Nothing is wrong.\n")


# --- brokers


def test_a_broker_with_its_topics(broker: Broker) -> None:
    findings = list(check_broker(broker.bootstrap_servers, ["order-raw", "order-rwa", "something-else"]))
    assert [(finding.mark, finding.text) for finding in findings] == [
        (Mark.FINE, f"a broker answers at {broker.bootstrap_servers}; its cluster has 1 broker"),
        (Mark.FINE, f"{broker.bootstrap_servers}, where the cluster says it is, can be reached"),
        (Mark.FINE, "the topic 'order-raw' has 3 partitions"),
        (Mark.BAD, "there is no topic 'order-rwa'"),
        (Mark.NOTE, "there is no topic 'something-else' yet"),
    ]
    assert findings[3].advice == "did you mean 'order-raw'?"
    assert broker.topics() == ["order-raw"], "asking creates nothing"


def test_apache_kafka_itself(kafka: KafkaBootstrap) -> None:
    first, *_ = findings = list(check_broker(kafka.bootstrap_servers))
    assert first.text.startswith(f"a broker answers at {kafka.bootstrap_servers.split(',')[0]}")
    assert {finding.mark for finding in findings} == {Mark.FINE}


def test_nothing_listens(free_port: int) -> None:
    finding = only(check_broker(f"127.0.0.1:{free_port}"))
    assert finding.text == f"nothing listens at 127.0.0.1:{free_port} (connection refused)"
    assert f"flott broker --port {free_port}" in str(finding.advice)


@pytest.mark.parametrize("address", ["localhost", "http://localhost:9092", "localhost:9092/orders", "localhost:99999"])
def test_what_is_no_address(address: str) -> None:
    finding = only(check_broker(address))
    assert finding.text == f"'{address}' is not an address of a broker"
    assert "host:port" in str(finding.advice)


def test_a_host_that_nobody_knows() -> None:
    assert only(check_broker("no.such.host.invalid:9092")).text == "this machine knows no host 'no.such.host.invalid'"


def test_one_of_two_brokers_is_enough_and_the_other_is_named(broker: Broker, free_port: int) -> None:
    findings = list(check_broker(f"127.0.0.1:{free_port},{broker.bootstrap_servers}", ["order-raw"]))
    assert [finding.mark for finding in findings] == [Mark.BAD, Mark.FINE, Mark.FINE, Mark.FINE]


def test_a_web_server_is_no_broker() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        finding = only(check_broker(f"127.0.0.1:{server.server_port}"))
        thread.join()
    assert finding.text.startswith(f"something answers at 127.0.0.1:{server.server_port}, but ")
    assert "TLS or a login" in str(finding.advice)


def test_a_server_that_hangs_up() -> None:
    def hang_up() -> None:
        server.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=hang_up)
        thread.start()
        port = server.getsockname()[1]
        finding = only(check_broker(f"127.0.0.1:{port}"))
        thread.join()
    assert finding.text == f"something answers at 127.0.0.1:{port}, but it ends the connection when it is asked"


def test_a_broker_that_calls_itself_by_a_name_unknown_here() -> None:
    """The classic of Kafka in Docker: it answers, and sends clients to a name that only the network inside knows."""
    finding = only(_check_advertised(Metadata([("kafka.invalid", 9092)], {})))
    assert finding.text.endswith("a broker is at kafka.invalid:9092, which can't be reached from here: no such host")
    assert "advertised.listeners" in str(finding.advice)


# --- databases


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE order_header (order_id TEXT)")
    return tmp_path / "shop.db"


def test_an_sqlite_file_with_its_tables(shop: Path) -> None:
    login, table, missing = check_database(f"jdbc:sqlite:{shop}", tables=["order_header", "order_line"])
    assert (login.mark, table.mark) == (Mark.FINE, Mark.FINE)
    assert missing.text == "SQLite refused the statement: no such table: order_line (error 1)"
    assert "create the table" in str(missing.advice)


def test_an_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    finding = only(check_database(f"jdbc:sqlite:{tmp_path}/new.db"))
    assert (finding.mark, "is not there yet" in finding.text) == (Mark.NOTE, True)
    assert only(check_database(f"jdbc:sqlite:{tmp_path}/none/new.db")).advice == f"mkdir -p {tmp_path}/none"
    assert list(tmp_path.iterdir()) == []


def test_a_server_lets_one_in_or_not(database: Database) -> None:
    url = f"jdbc:{database.kind}://{database.host}:{database.port}/{database.name}"
    fine = only(check_database(url, database.user, database.password))
    assert (fine.mark, fine.text) == (Mark.FINE, f"{url} lets {database.user} in")
    wrong = only(check_database(url, database.user, "not-this-one"))
    assert wrong.mark is Mark.BAD
    assert wrong.advice == "correct the user name and the password in the connection options or in the URL"
    assert "not-this-one" not in wrong.text
    _, table = check_database(url, database.user, database.password, ["order_header"])
    assert (table.mark, "order_header" in table.text) == (Mark.BAD, True)


def test_a_url_that_is_none() -> None:
    finding = only(check_database("jdbc:oracle://db/shop"))
    assert "it must start with one of jdbc:mysql:" in finding.text


def test_no_password_is_shown(free_port: int) -> None:
    """Neither one of the URL, whatever the URL is, nor the account's."""
    for url in (
        f"jdbc:mysql://me:hush@127.0.0.1:{free_port}/shop?password=hush",
        "mysql://me:hush@db/shop?password=hush",
    ):
        finding = only(check_database(url, "me", "hush"))
        assert finding.mark is Mark.BAD
        assert "hush" not in f"{finding.text} {finding.advice}"


def test_a_table_is_a_name_and_nothing_else(shop: Path) -> None:
    _, finding = check_database(f"jdbc:sqlite:{shop}", tables=["order_header; DROP TABLE order_header"])
    assert "is not the name of a table" in finding.text


# --- settings


SETTINGS = """\
# a comment
kafka:
  bootstrap_servers: ${KAFKA:localhost:9092}   # one of several
  topic: "order-raw"

database:
  url: jdbc:mysql://${HOST:db}/shop?password=${SECRET}
  user:
"""


def test_settings_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(SETTINGS)
    assert read_settings(tmp_path / "config.yml", {"HOST": "here"}) == {
        "kafka": {"bootstrap_servers": "localhost:9092", "topic": "order-raw"},
        "database": {"url": "jdbc:mysql://here/shop?password=", "user": ""},
    }


def test_settings_of_an_ini_file(tmp_path: Path) -> None:
    (tmp_path / "config.ini").write_text("[kafka]\nbootstrap_servers = localhost:9092\ntopic =\n")
    assert read_settings(tmp_path / "config.ini", {}) == {"kafka": {"bootstrap_servers": "localhost:9092", "topic": ""}}
    (tmp_path / "config.ini").write_text("bootstrap_servers\n")
    with pytest.raises(SettingsError, match="no section headers"):
        read_settings(tmp_path / "config.ini", {})


@pytest.mark.parametrize(
    ("text", "line"), [("kafka:\n  topic\n", 2), ("kafka:\n  topic: a\n    deeper: b\n", 3), ("[kafka]\n", 1)]
)
def test_a_line_that_is_no_setting(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "config.yml").write_text(text)
    with pytest.raises(SettingsError, match=f"line {line} of "):
        read_settings(tmp_path / "config.yml", {})


def test_the_settings_of_the_folder_are_looked_at(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "config.yml").write_text(SETTINGS)
    done = doctor(tmp_path, KAFKA=f"127.0.0.1:{free_port}", HOST=f"127.0.0.1:{free_port}", SECRET="hush-hush")
    assert done.returncode == 1
    assert f"Broker 127.0.0.1:{free_port} (config.yml: kafka)\n  !!  nothing listens" in done.stdout
    assert f"Database jdbc:mysql://127.0.0.1:{free_port}/shop (config.yml: database)\n  !!  " in done.stdout
    assert done.stdout.endswith("2 things are wrong.\n")
    assert "hush-hush" not in done.stdout + done.stderr


def test_options_in_the_place_of_settings(tmp_path: Path, broker: Broker) -> None:
    (tmp_path / "config.yml").write_text("not settings")
    done = doctor(tmp_path, "--bootstrap-servers", broker.bootstrap_servers, "--topic", "order-raw")
    assert done.returncode == 0, done.stdout
    assert "the topic 'order-raw' has 3 partitions" in done.stdout
    assert doctor(tmp_path, "--topic", "order-raw").returncode == 2
