"""``flott list`` and ``flott explain-window``: jobs of other processes, and what is left of killed ones."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.awaiting import until

#: Reads one number from one split and none from another, for ever. Windows of a second.
PROGRAM = """\
import sys, time
from pathlib import Path
from pyflink.common import Duration, Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.window import TumblingEventTimeWindows
from flott.datastream.connectors.python import PythonSource, Split

class Numbers(PythonSource):
    def splits(self, runtime_context):
        return [Split("full", 0), Split("empty", 0)]
    def read(self, split, runtime_context):
        if split.id == "full":
            yield 100, 1
        while True:
            yield None

class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
numbers = env.from_source(Numbers(), strategy, "numbers")
windows = numbers.key_by(lambda n: "all").window(TumblingEventTimeWindows.of(Time.seconds(1)))
windows.reduce(lambda a, b: a + b).print()
env.execute(sys.argv[1])
"""

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of processes whose jobs are apart from all others."""
    return {**os.environ, "FLOTT_CONTROL_DIR": str(tmp_path / "jobs")}


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts a process with a job of that name, and waits until the job can be asked."""
    program = tmp_path / "numbers.py"
    program.write_text(PROGRAM)
    processes: list[subprocess.Popen[bytes]] = []

    def started(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "flott.cli", "run", str(program), name]
        processes.append(subprocess.Popen(command, env=environment, cwd=tmp_path))
        until(lambda: name in flott(environment, "list").stdout, f"{name} is not listed")
        return processes[-1]

    yield started
    for process in processes:
        process.kill()
        process.wait()


def flott(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flott.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def sockets(environment: dict[str, str]) -> list[Path]:
    return list(Path(environment["FLOTT_CONTROL_DIR"]).glob("*"))


def test_a_job_of_another_process_says_what_it_waits_for(start: Start, environment: dict[str, str]) -> None:
    process = start("numbers by second")
    until(lambda: "1 open" in flott(environment, "explain-window").stdout, "no window is open")
    asked = flott(environment, "explain-window", "numbers by second")
    first, _, text = asked.stdout.partition("\n\n")
    assert first.startswith("numbers by second (")
    assert first.endswith(f", process {process.pid})")
    assert "fires when the watermark reaches 999 (1970-01-01T00:00:00.999Z)" in text
    assert "why: empty of source 'numbers' (subtask 1) has sent no record" in text
    assert "what to do: add with_idleness(...)" in text


def test_jobs_are_listed_while_they_run(start: Start, environment: dict[str, str]) -> None:
    process = start("one")
    start("another")
    lines = [line.split() for line in flott(environment, "list").stdout.splitlines()]
    assert (lines[0][1], lines[0][4]) == ("RUNNING", str(process.pid))
    assert [line[5] for line in lines] == ["one", "another"], "the oldest first"
    which = flott(environment, "explain-window")
    assert which.returncode == 1
    assert "which of these jobs?" in which.stderr
    assert lines[0][0] in which.stderr
    by_id = flott(environment, "explain-window", lines[1][0][:8])
    assert by_id.stdout.startswith("another (")
    unknown = flott(environment, "explain-window", "third")
    assert (unknown.returncode, "no job is called 'third'" in unknown.stderr) == (1, True)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    assert len(sockets(environment)) == 1, "what it made is gone with it"


def test_only_the_user_can_ask(start: Start, environment: dict[str, str]) -> None:
    start("mine")
    (socket,) = sockets(environment)
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_what_a_killed_process_leaves_behind_is_cleared(start: Start, environment: dict[str, str]) -> None:
    process = start("killed")
    process.kill()
    process.wait()
    assert len(sockets(environment)) == 1
    assert flott(environment, "list").stdout == ""
    assert sockets(environment) == []
    asked = flott(environment, "explain-window")
    assert (asked.returncode, asked.stderr) == (1, "flott explain-window: no job of yours runs on this machine now\n")


@pytest.mark.parametrize("folder", ["", "file/below", "open"])
def test_a_job_runs_where_nobody_can_ask_it(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "job.py").write_text(
        "from flott.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([1]).print()\n"
        "env.execute()\n"
    )
    environment = {**os.environ, "FLOTT_CONTROL_DIR": str(tmp_path / folder) if folder else ""}
    command = [sys.executable, str(tmp_path / "job.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert list((tmp_path / "open").iterdir()) == [], "others could look into it"
