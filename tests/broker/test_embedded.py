"""``flott.broker.Broker`` and ``flott broker`` as their users meet them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flott.broker import Broker
from flott.errors import ConfigurationError, ConnectorError
from tests.broker.clients import Clients, values
from tests.broker.process import BrokerProcess


def threads() -> set[str]:
    """The names of this process's threads, those of native code included."""
    return {Path(f"/proc/self/task/{task}/comm").read_text().strip() for task in os.listdir("/proc/self/task")}


def test_it_lives_as_long_as_its_block() -> None:
    with Broker() as broker:
        host, _, port = broker.bootstrap_servers.rpartition(":")
        assert host == "127.0.0.1"
        socket.create_connection((host, int(port)), timeout=10).close()
        assert any(name.startswith("flott-broker") for name in threads())
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), timeout=10)


def test_no_thread_is_left_even_with_clients_connected(tmp_path: Path) -> None:
    # In a process of its own: the session's broker has threads here.
    script = f"""
import os, socket
from flott.broker import Broker
def threads():
    return len(os.listdir("/proc/self/task"))
before = threads()
broker = Broker({str(tmp_path)!r})
host, _, port = broker.bootstrap_servers.rpartition(":")
connections = [socket.create_connection((host, int(port))) for _ in range(5)]
assert threads() > before
broker.stop()
broker.stop()
assert threads() == before, threads()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_topics_can_be_made_in_process() -> None:
    with Broker(topics=[("given", 2)]) as broker, Clients(broker.bootstrap_servers) as clients:
        broker.create_topic("orders", partitions=3)
        assert broker.topics() == ["given", "orders"]
        clients.wait_for_topic("given", 2)
        clients.wait_for_topic("orders", 3)
        with pytest.raises(ConfigurationError, match="already exists"):
            broker.create_topic("orders")
        with pytest.raises(ConfigurationError, match="one or more characters other than"):
            broker.create_topic("no spaces")
    with pytest.raises(ConfigurationError, match="stopped"):
        broker.create_topic("too late")


def test_a_folder_keeps_the_data_and_no_folder_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Broker(tmp_path / "data") as broker, Clients(broker.bootstrap_servers) as clients:
        clients.send(clients.topic(), [b"kept"])
        (topic,) = broker.topics()
    with Broker(tmp_path / "data") as broker, Clients(broker.bootstrap_servers) as clients:
        assert values(clients.read(topic, 1)) == [b"kept"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with Broker():
        assert any(temporary.iterdir())
    assert not any(temporary.iterdir())


def test_other_python_threads_run_while_it_works() -> None:
    # A reader that waits, records that arrive, topics that are made: all beside a thread that only counts.
    with Broker() as broker, Clients(broker.bootstrap_servers) as clients:
        counted, done = 0, threading.Event()

        def count() -> None:
            nonlocal counted
            while not done.is_set():
                counted += 1
                time.sleep(0.001)

        counter = threading.Thread(target=count)
        counter.start()
        for i in range(20):
            broker.create_topic(f"t{i}", partitions=20)
        clients.send("t0", [b"v" * 1000] * 2000)
        done.set()
        counter.join()
        assert counted > 10


def test_what_it_refuses_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0, which other machines can reach"):
        Broker(host="0.0.0.0")
    with pytest.raises(ConfigurationError, match="not an IP address"):
        Broker(host="example.org")
    with pytest.raises(ConfigurationError, match="num_partitions is 0"):
        Broker(partitions=0)
    with Broker(tmp_path) as broker:
        with pytest.raises(ConnectorError, match="in use by another broker"):
            Broker(tmp_path)
        port = int(broker.bootstrap_servers.rpartition(":")[2])
        with pytest.raises(ConnectorError, match=f"stop the program that uses port {port}"):
            Broker(port=port)


def test_without_auto_creation_a_topic_must_be_made() -> None:
    with Broker(auto_create_topics=False) as broker, Clients(broker.bootstrap_servers) as clients:
        assert clients.admin().list_topics("absent", timeout=10).topics["absent"].error is not None
        assert broker.topics() == []


def test_a_topic_on_demand_gets_the_number_of_partitions_asked_for() -> None:
    with Broker(partitions=4) as broker, Clients(broker.bootstrap_servers) as clients:
        clients.send("on-demand", [b"v"])
        clients.wait_for_topic("on-demand", 4)


def test_the_command_says_where_it_listens_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    with BrokerProcess(tmp_path / "data", "--topic", "orders:3", "--topic", "plain", "--partitions", "2") as process:
        process.start()
        with Clients(process.bootstrap_servers) as clients:
            clients.wait_for_topic("orders", 3)
            clients.wait_for_topic("plain", 2)
        code, printed, errors = process.interrupt()
    assert (code, errors) == (0, "")
    assert "Not for production" in printed and "orders, plain" in printed and "Stopped" in printed


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "flott.cli", "broker", "--data", str(tmp_path / "data"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    with Broker() as broker:
        port = broker.bootstrap_servers.rpartition(":")[2]
        code, message = run("--port", port)
        assert code == 1
        assert f"cannot listen on 127.0.0.1:{port}" in message and "choose another port" in message
    code, message = run("--host", "0.0.0.0")
    assert code == 1 and "use 127.0.0.1" in message
    code, message = run("--topic", "orders:many")
    assert code == 2 and "orders:3" in message
