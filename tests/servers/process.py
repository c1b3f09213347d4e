"""A server process in a temporary folder: what Kafka, MariaDB and PostgreSQL have in common."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import pwd
import queue
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self

# A limit only for what has not ended: on a machine with much to do a JVM takes its time.
START_SECONDS = 150.0
STOP_SECONDS = 30.0


class ServerError(Exception):
    """A server cannot be found or does not start; the message says what to do."""


class Server:
    """One server process with its own port and folder.

    ``start`` returns when the server answers its protocol. A server can be started again after ``stop`` or
    ``kill``: port and data stay. ``close`` (also: leaving a ``with`` block) ends it and removes the folder.
    """

    name: ClassVar[str]
    #: What a fresh Debian needs for it.
    packages: ClassVar[str]
    #: For a server that refuses to run as root: the accounts to run it as then, the first that exists.
    accounts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, log_dir: Path | None = None) -> None:
        # Not pytest's tmp_path: the server's account must be able to walk into the folder.
        self.folder = Path(tempfile.mkdtemp(prefix=f"flott-{self.name}-"))
        self.folder.chmod(0o711)
        self.log = (log_dir or self.folder) / f"{self.name}-{os.path.basename(self.folder)[-8:]}.log"
        self.port = free_port()
        self._account = self._account_to_use()
        self._process: subprocess.Popen[bytes] | None = None

    # What a kind of server says of itself.

    def exports(self) -> dict[str, str]:
        """The environment variables that name this server to tests."""
        raise NotImplementedError

    def _prepare(self) -> None:
        """Make the data folder, once."""
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        """Whether the server serves requests: one try, no waiting; an ``OSError`` means no."""
        raise NotImplementedError

    #: What asks the server politely, but at once, to end.
    _stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    # What a test does with it.

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start the server and wait until it serves; returns itself. Does nothing when it is running."""
        self.launch()
        self.wait_ready()
        return self

    def launch(self) -> None:
        """Start the process without waiting for it, so that several servers can start side by side."""
        if self.running:
            return
        data = self.folder / "data"
        if not data.exists():
            try:
                self._prepare()
            except BaseException:
                shutil.rmtree(data, ignore_errors=True)
                raise
        if not port_is_free(self.port):
            # Or else that one's answers would pass for ours.
            raise ServerError(f"{self.name} cannot start: another process listens on port {self.port}")
        self._process = self._spawn(self._command())

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Wait until a launched server serves; raises ``ServerError`` with the end of its log when it does not."""
        deadline = time.monotonic() + timeout
        while not self._try_answer():
            if not self.running:
                code = self._process.returncode if self._process else None
                raise ServerError(f"{self.name} ended with code {code} while starting.{self._log_hint()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(
                    f"{self.name} did not answer on port {self.port} in {timeout:.0f} s.{self._log_hint()}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut the server down in order; SIGKILL when that takes longer than 30 s."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(self._stop_signal)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """SIGKILL the server and every child of it: a crash."""
        if self._process is None:
            return
        # The parent first, so that it cannot react to its children's end.
        children = _children(self._process.pid)
        self._process.kill()
        self._process.wait()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while not port_is_free(self.port) and time.monotonic() < deadline:
            time.sleep(0.005)
        self._process = None

    def restart(self) -> Self:
        """Stop if it runs, then start on the same port with the same data."""
        self.stop()
        return self.start()

    def close(self) -> None:
        """End the server at once and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def log_tail(self, lines: int = 30) -> str:
        """The last lines that the server wrote."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    # Helpers for the kinds.

    def _run_tool(self, command: list[str]) -> None:
        """Run a set-up program of the server to its end, output to the log."""
        process = self._spawn(command)
        if process.wait() != 0:
            raise ServerError(f"{command[0]} failed with code {process.returncode}.{self._log_hint()}")

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        account: dict[str, Any] = {}
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
            account = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        with self.log.open("ab") as log:
            return _spawn_from_keeper(
                lambda: subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    # Away from the terminal's process group: a Ctrl-C there is for the tests, which then close us.
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                    **account,
                )
            )

    def _account_to_use(self) -> pwd.struct_passwd | None:
        if os.geteuid() != 0 or not self.accounts:
            return None
        for name in self.accounts:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        raise ServerError(
            f"{self.name} does not run as root, and none of {', '.join(self.accounts)} is an account here"
        )

    def _try_answer(self) -> bool:
        try:
            return self.running and self._answers()
        except OSError:
            return False

    def _log_hint(self) -> str:
        tail = self.log_tail(15)
        return f"\nLog: {self.log}\n{tail}" if tail else f" Log: {self.log}"


def free_port() -> int:
    """A TCP port on localhost that nothing uses.

    Below the range from which the kernel gives ports to outgoing connections: a client that keeps trying to reach
    a killed server could otherwise be given that server's port, even connect to itself.
    """
    for port in random.sample(range(15_000, 32_000), 200):
        if port_is_free(port):
            return port
    raise ServerError("no free TCP port between 15000 and 32000 on 127.0.0.1")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of localhost."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def find_program(server: type[Server], names: list[str], folders: list[str] | None = None) -> str:
    """The first of ``names`` on PATH, in the system's sbin folders or in ``folders`` (globs, newest last)."""
    found_in = [folder for pattern in folders or [] for folder in sorted(glob.glob(pattern), reverse=True)]
    path = os.pathsep.join([*found_in, os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    for name in names:
        if program := shutil.which(name, path=path):
            return program
    raise ServerError(f"{names[0]} is not on this machine. Install it: apt-get install {server.packages}")


def cache_folder() -> Path:
    """Where downloads and builds are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "flott"


@contextlib.contextmanager
def connection(port: int, timeout: float = 2.0) -> Iterator[socket.socket]:
    """A TCP connection to localhost for a look at whether a server answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client:
        yield client


def _children(pid: int) -> list[int]:
    """All processes below ``pid``."""
    found: list[int] = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, Path(path).read_text().split()):
                found += [child, *_children(child)]
    return found


_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """In the child, after it changed its account: the kernel ends it when the thread that started it ends."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_Spawn = Callable[[], "subprocess.Popen[bytes]"]
_spawns: queue.Queue[tuple[_Spawn, queue.Queue[subprocess.Popen[bytes] | BaseException]]] = queue.Queue()
_keeper: threading.Thread | None = None
_keeper_lock = threading.Lock()


def _spawn_from_keeper(spawn: _Spawn) -> subprocess.Popen[bytes]:
    """Start a child from a thread that lives as long as this process, for ``_end_with_parent``'s sake."""
    global _keeper
    with _keeper_lock:
        if _keeper is None:
            _keeper = threading.Thread(target=_keep, name="flott-server-keeper", daemon=True)
            _keeper.start()
    answer: queue.Queue[subprocess.Popen[bytes] | BaseException] = queue.Queue()
    _spawns.put((spawn, answer))
    result = answer.get()
    if isinstance(result, BaseException):
        raise result
    return result


def _keep() -> None:
    while True:
        spawn, answer = _spawns.get()
        try:
            answer.put(spawn())
        except BaseException as error:
            answer.put(error)
