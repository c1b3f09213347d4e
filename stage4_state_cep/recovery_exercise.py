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
LIMIT_S = 120

SETTINGS = {
    "DATABASE_URL": "jdbc:sqlite:{output}/orders.db",
    "DETECTION_LOG_PATH": "{output}/log",
    "DETECTION_CHECKPOINT_PATH": "{output}/checkpoints",
}
BROKER = "flott broker --port 9092 --data {output}/broker"
PRODUCER = "python stage4_state_cep/message_producer.py --orders 1000 --rate 400"
JOB = "flott run stage4_state_cep/order_watch.py"
AGAIN = 'flott run -s "$(ls -t {output}/checkpoints/*/chk-*/_metadata | head -1)" stage4_state_cep/order_watch.py --bounded'
FORGETFUL = "ORDER_OFFSET=committed flott run stage4_state_cep/order_watch.py --bounded"
RESULTS = "python stage4_state_cep/results.py --orders 1000"
COMMANDS = (*(f"export {name}={value}" for name, value in SETTINGS.items()), BROKER, PRODUCER, JOB, AGAIN, RESULTS)
"""What README.md tells a learner to type, in that order."""


class Shell:
    """Runs the commands in the top folder of the project, and ends those that still run when it is done."""

    def __init__(self, output: Path) -> None:
        self._output = output
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
        text = command.format(output=self._output).replace("9092", str(self._port))
        print(f"$ {text}", flush=True)
        # exec: the process is the program's, so that killing it kills the program
        assignments, found, program = text.rpartition(" flott run") if "=" in text.split()[0] else ("", "", text)
        line = f"{assignments} exec flott run{program}" if found else f"exec {program}"
        process = subprocess.Popen(["bash", "-c", line], cwd=ROOT, env=self._environ)
        self._running.append(process)
        return process

    def run(self, command: str) -> int:
        """Runs a command to its end."""
        return self.start(command).wait(LIMIT_S)

    def wait_until(self, what: str, true: Callable[[], bool]) -> None:
        """:raises TimeoutError: if it takes more than two minutes, or one of the commands has failed."""
        deadline = time.monotonic() + LIMIT_S
        while not true():
            failed = [process.args for process in self._running if process.poll() not in (None, 0, -signal.SIGKILL)]
            if failed or time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not happen; {f'{failed[0]} failed' if failed else 'too slow'}")
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


def count_anomalies(database: Path) -> int:
    """How many are in the table."""
    if not database.exists():
        return 0
    try:
        with closing(sqlite3.connect(database)) as connection:
            return int(connection.execute("SELECT count(*) FROM order_anomalies").fetchone()[0])
    except sqlite3.OperationalError:
        # the job is just about to make it
        return 0


def kill_and_go_on(output: Path, forget: bool) -> bool:
    """Does the exercise. Returns whether the results are those of a job that nobody killed."""
    folder = ROOT / output
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shell = Shell(output)
    try:
        for name, value in SETTINGS.items():
            print(f"$ export {name}={value.format(output=output)}")
        shell.start(BROKER)
        shell.wait_until("the broker's first answer", shell.broker_answers)
        producer = shell.start(PRODUCER)
        job = shell.start(JOB)
        shell.wait_until(
            "a checkpoint, and some anomalies",
            lambda: (
                any(folder.glob("checkpoints/*/chk-*/_metadata"))
                and count_anomalies(folder / "orders.db") >= 15
                and job.poll() is None
            ),
        )
        print(f"\n$ kill -9 {job.pid}", flush=True)
        job.send_signal(signal.SIGKILL)
        job.wait()
        print(f"{count_anomalies(folder / 'orders.db')} anomalies are in the table. The shop goes on.\n", flush=True)
        shell.wait_until("the producer's end", lambda: producer.poll() == 0)
        print()
        if shell.run(FORGETFUL if forget else AGAIN) != 0:
            raise TimeoutError("the second start of the job failed")
        print()
        return shell.run(RESULTS) == 0
    finally:
        shell.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kills a job in the middle and lets it go on from its checkpoint.")
    parser.add_argument("--forget", action="store_true", help="start again without the checkpoint, and see what is lost")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder, emptied first (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        same = kill_and_go_on(options.output, options.forget)
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
