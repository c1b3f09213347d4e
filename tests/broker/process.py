"""``flott broker`` as a process that tests start, kill and start again."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

_LISTENING = re.compile(r"listening on (\S+)")


class BrokerProcess:
    """One data folder, and at most one broker on it; from the first start on always at the same address."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self._data = data
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self._first_line = ""
        self._port = "0"
        self.bootstrap_servers = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "flott.cli", "broker", "--data", str(self._data), "--port", self._port]
        self._process = subprocess.Popen(
            [*command, *self._arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        self._first_line = self._process.stdout.readline()
        found = _LISTENING.search(self._first_line)
        assert found is not None, self._process.stderr.read()
        self.bootstrap_servers = found[1]
        self._port = self.bootstrap_servers.rpartition(":")[2]

    def kill(self) -> None:
        """As a crash ends it: nothing is closed, nothing is written."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def interrupt(self) -> tuple[int, str, str]:
        """Ctrl-C: the exit code, and what was printed since the start."""
        assert self._process is not None
        assert self._process.stdout is not None and self._process.stderr is not None
        self._process.send_signal(signal.SIGINT)
        # Not communicate(): it would miss what was read ahead with the first line.
        printed, errors = self._first_line + self._process.stdout.read(), self._process.stderr.read()
        return self._process.wait(timeout=30), printed, errors

    def __enter__(self) -> BrokerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
