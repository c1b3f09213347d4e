"""The command: what it starts, says and leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stage3_window_statistics import real_time_dashboard
from tests.awaiting import until
from tests.stage1.test_flink_order_etl import send
from tests.stage3.shop import message, ten_orders

DASHBOARD = Path(real_time_dashboard.__file__)
# Whatever proxy the machine has: the page is here.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def state_at(url: str) -> dict[str, Any]:
    with OPENER.open(f"{url}state.json", timeout=30) as answer:
        state: dict[str, Any] = json.load(answer)
        return state


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command with a page on any free port, and the address of the page."""
    kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = subprocess.Popen(
        [sys.executable, DASHBOARD, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**kept, **environ},
    )
    try:
        assert command.stdout is not None
        line = command.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line + (command.communicate()[1] if command.poll() is not None else "")
        yield command, found[0]
    finally:
        command.kill()
        command.communicate()


def processes_that_say(text: str) -> list[str]:
    """The command lines of all processes that contain a text."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if text in line]


def test_the_demo_moves_and_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    arguments = ("--demo", "--no-browser", "--replay-speed", "1200", "--output", str(tmp_path / "out"))
    with running(*arguments) as (command, url):
        until(lambda: len(state_at(url)["minutes"]) >= 2, seconds=60)
        first = state_at(url)
        until(lambda: state_at(url)["minutes"][-1]["start"] > first["minutes"][-1]["start"], seconds=60)
        until(lambda: state_at(url)["time"]["messages"] > first["time"]["messages"], seconds=60)
        broker = first["source"].split(" at ")[1]
        assert len(processes_that_say(f"--bootstrap-servers {broker}")) == 1
        command.send_signal(signal.SIGINT)
        printed, errors = command.communicate(timeout=60)
    assert command.returncode == 130
    assert re.search(r"2024-01-01 10:00:00 +\d+ orders", printed)
    assert errors.strip() == "Stopping."
    assert processes_that_say(f"--bootstrap-servers {broker}") == []
    with pytest.raises(urllib.error.URLError):
        state_at(url)


def settings(broker: str, topic: str, url: str, folder: Path) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "ORDER_TOPIC": topic,
        "STATISTICS_TOPIC": f"{topic}-statistics",
        "STATISTICS_LOG_PATH": str(folder / "log"),
        "DATABASE_URL": url,
    }


def test_a_browser_is_opened_where_there_is_a_display(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    send(embedded_broker, topic, [*ten_orders(), message("x", "12:00")])
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    environ = {**settings(embedded_broker, topic, sqlite_url, tmp_path), "DISPLAY": ":0", "BROWSER": f"{browser} %s"}
    with running(**environ) as (command, url):
        until(lambda: opened.exists() and opened.read_text().strip() == url, seconds=60)
        # the ten orders of the course, see tests/stage3/shop.py
        until(lambda: (state_at(url)["hour"] or {}).get("amount") == "1954.70", seconds=60)
        command.send_signal(signal.SIGINT)
        assert command.wait(60) == 130


def test_a_job_that_has_ended_leaves_its_page(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    send(embedded_broker, topic, ten_orders())
    environ = {**settings(embedded_broker, topic, sqlite_url, tmp_path), "DISPLAY": ":0", "BROWSER": "true %s"}
    with running("--bounded", **environ) as (command, url):
        until(lambda: state_at(url)["job"]["state"] == "finished", seconds=60)
        assert (state_at(url)["hour"]["orders"], state_at(url)["hour"]["amount"]) == (10, "1954.70")
        assert [user["id"] for user in state_at(url)["users"]][:2] == ["1", "2"]
        command.send_signal(signal.SIGINT)
        assert command.wait(60) == 0


def test_a_job_that_fails_says_why(embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """No such table: somebody made another database than this job writes to."""
    send(embedded_broker, topic, ten_orders())
    (tmp_path / "orders.db").write_bytes(b"this is no database, but a text of a certain length" * 100)
    environ = settings(embedded_broker, topic, sqlite_url, tmp_path)
    failed = subprocess.run(
        [sys.executable, DASHBOARD, "--terminal", "--bounded"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert failed.returncode == 1
    assert "file is not a database" in failed.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, DASHBOARD, "--demo", "--port", str(port), "--output", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    wrong = f"real_time_dashboard: port {port} of 127.0.0.1 is in use; take another one with --port, or --port 0"
    assert wrong in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--replay-speed", "0"], "--replay-speed has to be above 0"),
        (["--port", "65536"], "--port is 65536; it has to be from 0 to 65535"),
        (["--demo", "--bounded"], "--bounded is for a topic that is there"),
    ],
)
def test_arguments_that_make_no_sense(arguments: list[str], wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        real_time_dashboard.main(arguments)
    assert wrong in capsys.readouterr().err
