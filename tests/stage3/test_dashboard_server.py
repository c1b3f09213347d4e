"""The dashboard's server, asked by hand: what it answers, to whom, and that nobody holds it up."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from stage3_window_statistics.dashboard.live import LiveState
from stage3_window_statistics.dashboard.server import DashboardServer, PortInUse
from tests.stage3.test_live_state import minute, user


@pytest.fixture
def state() -> LiveState:
    return LiveState(pause=0)


@pytest.fixture
def server(state: LiveState) -> Iterator[DashboardServer]:
    with DashboardServer(state, port=0) as running:
        yield running


def get(server: DashboardServer, path: str, host: str | None = None) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


class Events:
    """A connection to /events, read as the protocol says."""

    def __init__(self, server: DashboardServer) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.connection.request("GET", "/events")
        self.response = self.connection.getresponse()

    def next(self) -> dict[str, Any] | None:
        """The data of the next event; None at the end of the connection."""
        data = ""
        while line := self.response.readline().decode():
            if line.startswith("data: "):
                data = line[6:]
            elif line == "\n" and data:
                state: dict[str, Any] = json.loads(data)
                return state
        return None


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("/", "text/html; charset=utf-8", b"<title>Order statistics"),
        ("/?later", "text/html; charset=utf-8", b"<title>"),
        ("/page.css", "text/css; charset=utf-8", b"prefers-color-scheme"),
        ("/page.js", "text/javascript; charset=utf-8", b"EventSource"),
        ("/charts.js", "text/javascript; charset=utf-8", b"LineChart"),
        ("/state.json", "application/json; charset=utf-8", b'"minutes"'),
    ],
)
def test_the_page_and_its_parts(server: DashboardServer, path: str, kind: str, part: bytes) -> None:
    response, body = get(server, path)
    assert (response.status, response.getheader("Content-Type")) == (200, kind)
    assert part in body
    assert "script-src 'self'" in (response.getheader("Content-Security-Policy") or "")


@pytest.mark.parametrize("path", ["/nothing", "/../live.py", "/live.py", "/%2e%2e/live.py"])
def test_there_is_nothing_else(server: DashboardServer, path: str) -> None:
    assert get(server, path)[0].status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example"])
def test_a_name_that_leads_here_is_refused(server: DashboardServer, host: str) -> None:
    """What a page of another site could make a browser ask for."""
    assert get(server, "/state.json", host)[0].status == 403
    assert get(server, "/state.json", f"localhost:{server.port}")[0].status == 200


def test_it_listens_on_this_machine_only(server: DashboardServer) -> None:
    listening = server._server.socket.getsockname()
    assert listening == ("127.0.0.1", server.port)


def test_events_begin_with_the_whole_state_and_go_on_with_each_change(
    server: DashboardServer, state: LiveState
) -> None:
    state.result(minute("10:00", 3))
    first = Events(server)
    assert first.response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    assert [m["orders"] for m in (first.next() or {})["minutes"]] == [3]
    state.result(minute("10:01", 4))
    assert [m["orders"] for m in (first.next() or {})["minutes"]] == [3, 4]
    # who comes later, or again, has all of it at once
    assert [m["orders"] for m in (Events(server).next() or {})["minutes"]] == [3, 4]


def test_who_does_not_read_holds_nobody_up(server: DashboardServer, state: LiveState) -> None:
    """A hundred megabytes of states for a connection that takes none of them: the job's side never waits."""
    stuck = socket.create_connection(("127.0.0.1", server.port))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    reader = Events(server)
    reader.next()
    slowest = 0.0
    for n in range(2000):
        before = time.monotonic()
        state.result(user(f"U{n:0>5000}", f"{n}.00"))
        slowest = max(slowest, time.monotonic() - before)
    state.result(minute("10:00", 77))
    while not (shown := reader.next() or {})["minutes"]:
        pass
    assert shown["minutes"][0]["orders"] == 77
    assert shown["users"][0]["amount"] == "1999.00"
    assert slowest < 5
    stuck.close()


def test_closing_ends_connections_and_frees_the_port(state: LiveState) -> None:
    server = DashboardServer(state, port=0)
    events = Events(server)
    events.next()
    # what is said last is sent before the end
    state.job("stopped")
    server.close()
    server.close()
    assert (events.next() or {})["job"]["state"] == "stopped"
    assert events.next() is None
    DashboardServer(state, port=server.port).close()


def test_a_port_that_is_taken_is_said(server: DashboardServer, state: LiveState) -> None:
    with pytest.raises(PortInUse, match=f"port {server.port} of 127.0.0.1 is in use; take another one with --port"):
        DashboardServer(state, server.port)
