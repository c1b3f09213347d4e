"""The exercise of README.md, done by this script: a job is killed in the middle, goes on, and nothing is lost or twice.

    python stage4_state_cep/recovery_exercise.py             # less than a minute
    python stage4_state_cep/recovery_exercise.py --forget    # the second start without a checkpoint: what is lost then

Each command is printed as it is run, and can be typed as well.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = Path("out/stage4/recovery")
ORDERS = 30_000
LIMIT_S = 120

SETTINGS = {
    "DATABASE_URL": "jdbc:sqlite:{output}/orders.db",
    "DETECTION_LOG_PATH": "{output}/log",
    "DETECTION_CHECKPOINT_PATH": "{output}/checkpoints",
}
BROKER = "flott broker --port 9092 --data {output}/broker"
PRODUCER = "python stage4_state_cep/message_producer.py --orders {orders}"
JOB = "flott run stage4_state_cep/order_watch.py --bounded"
NEWEST = '"$(ls -t {output}/checkpoints/*/chk-*/_metadata | head -1)"'
AGAIN = f"flott run -s {NEWEST} stage4_state_cep/order_watch.py --bounded"
FORGETFUL = "ORDER_OFFSET=committed flott run stage4_state_cep/order_watch.py --bounded"
RESULTS = "python stage4_state_cep/results.py --orders {orders}"
COMMANDS = (*(f"export {name}={value}" for name, value in SETTINGS.items()), BROKER, PRODUCER, JOB, AGAIN, RESULTS)
"""What README.md tells a learner to type, in that order."""


class Shell:
    """Runs the commands in the top folder of the project, and ends those that still run when it is done."""

    def __init__(self, output: Path, orders: int) -> None:
        self._output, self._orders = output, orders
        self._port = _free_port()
        self._running: list[subprocess.Popen[bytes]] = []
        self._environ = {
            **os.environ,
            **{name: value.format(output=output) for name, value in SETTINGS.items()},
            "KAFKA_BOOTSTRAP_SERVERS": f"localhost:{self._port}",
            # python and flott are those that run this
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Starts a command that goes on."""
        text = command.format(output=self._output, orders=self._orders).replace("9092", str(self._port))
        print(f"$ {text}", flush=True)
        # exec: the process is the program's, so that killing it kills the program
        process = subprocess.Popen(["bash", "-c", f"exec env {text}"], cwd=ROOT, env=self._environ)
        self._running.append(process)
        return process

    def run(self, command: str) -> int:
        """Runs a command to its end.

        :raises TimeoutError: if it takes more than two minutes.
        """
        try:
            return self.start(command).wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"a command is too slow: {command}") from None

    def must_run(self, command: str) -> None:
        """:raises TimeoutError: if it fails, too."""
        if self.run(command) != 0:
            raise TimeoutError(f"a command failed: {command}")
        print(flush=True)

    def wait_until(self, what: str, true: Callable[[], bool]) -> None:
        """:raises TimeoutError: if it takes more than two minutes, or one of the commands has failed."""
        deadline = time.monotonic() + LIMIT_S
        while not true():
            failed = any(process.poll() not in (None, 0) for process in self._running)
            if failed or time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come: {'a command failed' if failed else 'this is too slow'}")
            time.sleep(0.05)

    def broker_answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("localhost", self._port)) == 0

    def close(self) -> None:
        """Ends what still runs, the last first."""
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("localhost", 0))
        return int(server.getsockname()[1])


def newest_checkpoint(folder: Path) -> int:
    """The number of the last one that is complete; 0 without one."""
    return max((int(path.parent.name[4:]) for path in folder.glob("*/chk-*/_metadata")), default=0)


def count_anomalies(database: Path) -> int:
    """How many are in the table."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM order_anomalies").fetchone()[0])


def kill_and_go_on(output: Path, orders: int, forget: bool) -> bool:
    """Does the exercise. Returns whether the results are those of a job that nobody killed."""
    folder = ROOT / output
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database = folder / "orders.db"
    shell = Shell(output, orders)
    try:
        for name, value in SETTINGS.items():
            print(f"$ export {name}={value.format(output=output)}")
        shell.start(BROKER)
        shell.wait_until("the broker's first answer", shell.broker_answers)
        shell.must_run(PRODUCER)
        job = shell.start(JOB)
        # With the third one it is sure that Kafka knows how far the first one had read.
        shell.wait_until("the third checkpoint", lambda: newest_checkpoint(folder / "checkpoints") >= 3)
        print(f"\n$ kill -9 {job.pid}", flush=True)
        job.send_signal(signal.SIGKILL)
        if job.wait() == 0:
            raise TimeoutError("the job was done before it could be killed: take more --orders")
        print(f"{count_anomalies(database)} anomalies are in the table now.\n", flush=True)
        shell.must_run(FORGETFUL if forget else AGAIN)
        return shell.run(RESULTS) == 0
    finally:
        shell.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kills a job in the middle and lets it go on from its checkpoint.")
    parser.add_argument("--forget", action="store_true", help="start again without the checkpoint")
    parser.add_argument("--orders", type=int, default=ORDERS, help="how many; more take longer (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder, emptied first (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        same = kill_and_go_on(options.output, options.orders, options.forget)
    except TimeoutError as error:
        print(f"recovery_exercise: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if options.forget:
        print("\nWithout the checkpoint the job has forgotten orders: their messages make no sense to it any more.")
        return 1 if same else 0
    print("\nNothing is lost, and nothing is there twice." if same else "\nThis is a bug, please report it.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
