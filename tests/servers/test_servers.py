"""The servers of this package: they start, keep what was written through a crash, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import confluent_kafka
import confluent_kafka.admin
import pytest

from tests.fixtures import connect, execute
from tests.servers import SERVERS, Database, Kafka, KafkaBootstrap, MariaDb, Postgres, Server, ServerError
from tests.servers.kafka import PASSWORD, USER

ROOT = Path(__file__).parents[2]


def produce(bootstrap_servers: str, topic: str, values: list[bytes], **properties: str) -> None:
    """Write the values, in this order also when one is sent again, and wait until the broker has acknowledged each."""
    settings = {"bootstrap.servers": bootstrap_servers, "message.max.bytes": 32 << 20, "enable.idempotence": True}
    producer = confluent_kafka.Producer({**settings, **properties})
    errors: list[object] = []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _message: errors.append(error))
    assert producer.flush(30) == 0
    assert errors == [None] * len(values)


def consume(bootstrap_servers: str, topic: str, count: int, **properties: str) -> list[bytes]:
    """Read that many values from the topic's start, with a group of the topic's name."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": topic, "auto.offset.reset": "earliest", **properties}
    )
    consumer.subscribe([topic])
    values: list[bytes] = []
    deadline = time.monotonic() + 30
    while len(values) < count and time.monotonic() < deadline:
        for message in consumer.consume(count, timeout=0.5):
            if message.error() is None:
                values.append(message.value())
    consumer.close()
    return values


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"not within 20 s: {what}"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody waited for yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_kafka_keeps_records_and_port(own_kafka: Kafka, topic: str, end: str) -> None:
    address = own_kafka.bootstrap_servers
    produce(address, topic, [b"one", b"two"])
    getattr(own_kafka, end)()
    assert not own_kafka.running
    own_kafka.start()
    produce(address, topic, [b"three"])
    assert consume(address, topic, 3) == [b"one", b"two", b"three"]


def test_kafka_takes_a_record_of_20_mb(kafka: KafkaBootstrap, topic: str) -> None:
    value = os.urandom(20 << 20)
    produce(kafka.bootstrap_servers, topic, [value])
    assert consume(kafka.bootstrap_servers, topic, 1) == [value]


def test_kafka_checks_the_password_of_its_sasl_listener(own_kafka: Kafka, topic: str) -> None:
    account = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": USER}
    produce(own_kafka.sasl_bootstrap_servers, topic, [b"in"], **account, **{"sasl.password": PASSWORD})
    errors: list[confluent_kafka.KafkaError] = []
    admin = confluent_kafka.admin.AdminClient(
        {
            "bootstrap.servers": own_kafka.sasl_bootstrap_servers,
            **account,
            "sasl.password": "wrong",
            "error_cb": errors.append,
        }
    )
    with pytest.raises(confluent_kafka.KafkaException):
        admin.list_topics(timeout=2)
    wait_until(lambda: admin.poll(0.1) >= 0 and bool(errors), "an error about the password")
    assert confluent_kafka.KafkaError._AUTHENTICATION in [error.code() for error in errors]


def test_kafka_commits_a_transaction(kafka: KafkaBootstrap, topic: str) -> None:
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": f"{topic}-writer"}
    )
    producer.init_transactions(30)
    for value, finish in ((b"dropped", producer.abort_transaction), (b"kept", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value)
        finish(30)
    assert consume(kafka.bootstrap_servers, topic, 1, **{"isolation.level": "read_committed"}) == [b"kept"]


@pytest.mark.parametrize("name", ["own_mariadb", "own_postgres"])
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_database_keeps_rows_and_port(request: pytest.FixtureRequest, name: str, end: str) -> None:
    server: MariaDb | Postgres = request.getfixturevalue(name)
    database = server.database
    execute(database, "CREATE TABLE note (id INT PRIMARY KEY, text VARCHAR(20))")
    execute(database, "INSERT INTO note VALUES (1, %s)", ("订单 🛒",))
    with connect(database) as idle:  # a client that stays must not hold up the end
        getattr(server, end)()
        assert not server.running
        del idle
    server.start()
    execute(database, "INSERT INTO note VALUES (2, 'after')")
    assert execute(database, "SELECT id, text FROM note ORDER BY id") == [(1, "订单 🛒"), (2, "after")]


def test_database_is_fresh_and_reachable_by_its_url(database: Database) -> None:
    assert Database.parse(database.url) == database
    execute(database, "CREATE TABLE only_here (id INT)")
    assert execute(database, "SELECT count(*) FROM only_here") == [(0,)]


def test_wrong_password_is_refused(mariadb: Database, postgres: Database) -> None:
    for database in (mariadb, postgres):
        wrong = Database.parse(database.url.replace(database.password, "wrong"))
        with pytest.raises(Exception, match="(?i)denied|authentication failed"):
            execute(wrong, "SELECT 1")


def test_mariadb_writes_a_row_based_binary_log(mariadb: Database) -> None:
    assert execute(mariadb, "SELECT @@log_bin, @@binlog_format, @@character_set_server") == [(1, "ROW", "utf8mb4")]


def test_postgres_decodes_its_log(postgres_database: Database) -> None:
    execute(postgres_database, "CREATE TABLE note (id INT PRIMARY KEY)")
    slot = f"slot_{os.getpid()}"
    execute(postgres_database, f"SELECT pg_create_logical_replication_slot('{slot}', 'test_decoding')")
    execute(postgres_database, "INSERT INTO note VALUES (7)")
    changes = execute(postgres_database, f"SELECT data FROM pg_logical_slot_get_changes('{slot}', NULL, NULL)")
    execute(postgres_database, f"SELECT pg_drop_replication_slot('{slot}')")
    assert ("table public.note: INSERT: id[integer]:7",) in changes


@pytest.mark.parametrize("kind", SERVERS.values(), ids=SERVERS.keys())
def test_close_leaves_no_process_and_no_folder(kind: type[Server]) -> None:
    with kind() as server:
        pid = server.start().pid
        assert pid is not None
    assert gone(pid)
    assert not server.folder.exists()


def test_servers_end_with_the_process_that_started_them() -> None:
    script = "from tests.servers import Postgres; s = Postgres().start(); print(s.pid, s.folder, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()
        assert not gone(int(pid))
        owner.kill()
    wait_until(lambda: gone(int(pid)), "the server's end after its owner was killed")
    subprocess.run(["rm", "-rf", folder], check=True)


def test_a_server_that_cannot_start_says_why() -> None:
    with Postgres() as server:
        server.start().stop()
        (server.folder / "data" / "PG_VERSION").unlink()
        with pytest.raises(
            ServerError, match="(?s)postgres ended with code 1 while starting.*not a valid data directory"
        ):
            server.start()


def test_a_port_that_is_taken_is_not_mistaken_for_the_server() -> None:
    with Postgres() as first, Postgres() as second:
        second.port = first.start().port
        with pytest.raises(ServerError, match=f"another process listens on port {first.port}"):
            second.start()


def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_arguments, **_options: None)
    with MariaDb() as server, pytest.raises(ServerError, match="apt-get install mariadb-server-core"):
        server.start()


def test_the_command_line_sets_the_variables_and_stops_the_servers(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLOTT_TEST_")}
    environment["FLOTT_TEST_POSTGRES"] = "jdbc:postgresql://elsewhere:1/db?user=u"
    servers = [sys.executable, "-m", "tests.servers", "--only", "mariadb,postgres", "--logs", str(tmp_path), "--"]
    show = "import os; print(os.environ['FLOTT_TEST_MARIADB'], os.environ['FLOTT_TEST_POSTGRES']); exit(3)"
    done = subprocess.run(
        [*servers, sys.executable, "-c", show], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    started, given = done.stdout.split()
    assert done.returncode == 3
    assert given == environment["FLOTT_TEST_POSTGRES"]
    with pytest.raises(Exception, match="(?i)connect"):
        execute(Database.parse(started), "SELECT 1")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_line_stops_command_and_servers(signum: signal.Signals) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLOTT_TEST_")}
    servers = [sys.executable, "-m", "tests.servers", "--only", "mariadb", "--"]
    sleeper = "import os, time; print(os.getpid(), os.environ['FLOTT_TEST_MARIADB'], flush=True); time.sleep(600)"
    with subprocess.Popen(
        [*servers, sys.executable, "-c", sleeper],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        pid, url = running.stdout.readline().split()
        running.send_signal(signum)
        assert running.wait(30) == 130
    assert gone(int(pid))
    with pytest.raises(Exception, match="(?i)connect"):
        execute(Database.parse(url), "SELECT 1")
