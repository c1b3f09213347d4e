"""The dashboard's web server: the page, and its state as server-sent events. It listens on this machine only.

Each connection has a thread that waits for the next state and sends it whole. A slow reader skips states, one that
takes nothing for ten seconds is let go, and the job never waits for any of them.
"""

from __future__ import annotations

import errno
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from stage3_window_statistics.dashboard.live import LiveState

HOST = "127.0.0.1"
HEARTBEAT_SECONDS, STUCK_SECONDS, LAST_STATE_SECONDS = 5.0, 10.0, 2.0

_FOLDER = Path(__file__).parent
_PAGES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/charts.js": ("charts.js", "text/javascript; charset=utf-8"),
}
_SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Only what comes from here runs and loads, whatever an order's texts say.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class PortInUse(Exception):
    """Another program listens there. The message says what to do."""


class DashboardServer:
    """Serves a state until it is closed; a context manager.

    :param state: what the page shows.
    :param port: where to listen; 0 takes a free one.
    :raises PortInUse: if the port is taken.

    >>> with DashboardServer(LiveState(), port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, state: LiveState, port: int) -> None:
        self._closing = threading.Event()
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            what = "is in use" if error.errno == errno.EADDRINUSE else "may not be used by this account"
            raise PortInUse(
                f"port {port} of {HOST} {what}; take another one with --port, or --port 0 for any that is free"
            ) from None
        self._server.state = state
        self._server.closing = self._closing
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="dashboard", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def close(self) -> None:
        """Sends the last state, ends all connections and stops listening; does nothing the second time."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self._server.streams_changed:
            self._server.streams_changed.wait_for(lambda: self._server.streams == 0, LAST_STATE_SECONDS)

    def __enter__(self) -> DashboardServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # server_close() must not wait for connections that are open for as long as a page is.
    block_on_close = False
    state: LiveState
    closing: threading.Event
    streams = 0

    def __init__(self, *arguments: Any) -> None:
        self.streams_changed = threading.Condition()
        super().__init__(*arguments)

    def stream(self, change: int) -> None:
        """One more or one less connection that is sent events."""
        with self.streams_changed:
            self.streams += change
            self.streams_changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that is closed in the middle is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "FlottDashboard"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = STUCK_SECONDS

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0]
        if not self._is_for_us():
            self._answer(HTTPStatus.FORBIDDEN, b"this dashboard is for its own machine\n")
        elif path == "/events":
            self.server.stream(+1)
            try:
                self._events()
            finally:
                self.server.stream(-1)
        elif path == "/state.json":
            _, text = self.server.state.wait(-1, 0) or (0, "{}")
            self._answer(HTTPStatus.OK, text.encode("utf-8", "replace"), "application/json; charset=utf-8")
        elif path in _PAGES:
            file, kind = _PAGES[path]
            self._answer(HTTPStatus.OK, (_FOLDER / file).read_bytes(), kind)
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there is nothing here; the page is at /\n")

    def _is_for_us(self) -> bool:
        """Whether the address in the browser is this machine's; a name that leads here is not (DNS rebinding)."""
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        return host in (HOST, "localhost")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self._head(status, kind, {"Content-Length": str(len(body))})
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **_SAFE, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def _events(self) -> None:
        self.close_connection = True
        self._head(HTTPStatus.OK, "text/event-stream; charset=utf-8", {"Connection": "close"})
        # A connection that breaks is opened again after this many ms.
        self.wfile.write(b"retry: 500\n\n")
        seen = -1
        quiet = 0.0
        closing = False
        while not closing:
            # Short waits, so that closing is noticed; what was last said is sent all the same.
            closing = self.server.closing.is_set()
            news = self.server.state.wait(seen, 0.25)
            if news is not None:
                seen, text = news
                self.wfile.write(f"id: {seen}\nevent: state\ndata: {text}\n\n".encode("utf-8", "replace"))
                quiet = 0.0
            elif (quiet := quiet + 0.25) >= HEARTBEAT_SECONDS:
                # A comment now and then, so that a connection that is dead is noticed.
                self.wfile.write(b": here\n\n")
                quiet = 0.0

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line a request would bury what the job says."""
