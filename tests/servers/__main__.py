"""``python -m tests.servers``: start servers for developers and for ``make test``; see the package's doc."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from . import SERVERS, Server, ServerError
from .kafka import kafka_libs


def main() -> int:
    """Start the servers that no environment variable names, then run the command or wait for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("--only", help=f"comma list of {', '.join(SERVERS)} (default: all)")
    parser.add_argument("--logs", type=Path, help="where the servers' logs go (default: a temporary folder)")
    parser.add_argument("command", nargs="*", help="run this with the exports set, then stop the servers")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(SERVERS)
    if unknown := [name for name in names if name not in SERVERS]:
        parser.error(f"no server {unknown[0]!r}; there are {', '.join(SERVERS)}")

    # From here on every way out passes through the `finally` that closes the servers.
    interrupted = threading.Event()

    def interrupt(signum: int, _frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, interrupt)

    logs: Path = arguments.logs or Path(tempfile.mkdtemp(prefix="flott-logs-"))
    servers: list[Server] = []
    code = 1
    try:
        servers = _start(names, logs)
        exports = {name: value for server in servers for name, value in server.exports().items()}
        if "kafka" in names:
            # Its console tools are for somebody else's broker too.
            exports["FLOTT_KAFKA_LIBS"] = str(kafka_libs())
        if arguments.command:
            code = _run(arguments.command, exports)
        else:
            for name, value in exports.items():
                print(f"export {name}={shlex.quote(value)}", flush=True)
            print("Servers run; Ctrl-C stops them.", file=sys.stderr, flush=True)
            interrupted.wait()
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        code = 130 if arguments.command else 0
    finally:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        for server in servers:
            server.close()
        if code in (0, 130):
            if not arguments.logs:
                shutil.rmtree(logs)
        else:
            print(f"Logs of the servers: {logs}", file=sys.stderr)
    return code


def _start(names: list[str], logs: Path) -> list[Server]:
    """Start the named servers side by side; one that the environment names is left to that."""
    servers: list[Server] = []
    try:
        for name in names:
            if os.environ.get(f"FLOTT_TEST_{name.upper()}"):
                continue
            servers.append(SERVERS[name](logs))
            servers[-1].launch()
        for server in servers:
            server.wait_ready()
    except BaseException:
        for server in servers:
            server.close()
        raise
    return servers


def _run(command: list[str], exports: dict[str, str]) -> int:
    """Run the command to its end.

    It gets a process group of its own, to which an interrupt is handed on once: a terminal's Ctrl-C would reach
    only it and us, a ``kill`` only us, and a second one would break off its cleaning up.
    """
    child = subprocess.Popen(command, env={**os.environ, **exports}, preexec_fn=os.setpgrp)
    try:
        return child.wait()
    finally:
        for signum, patience in ((signal.SIGINT, 30), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(child.pid, signum)
                child.wait(patience)


if __name__ == "__main__":
    sys.exit(main())
