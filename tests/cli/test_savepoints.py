"""``flott savepoint``, ``flott stop`` and ``flott cancel``: jobs of other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.awaiting import until

#: Running totals of 0 to 1999 into files; the numbers from 1000 on wait until there is a file "fast".
PROGRAM = """\
import os, sys, time
from pyflink.common import Configuration, Encoder, Types, WatermarkStrategy
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import BucketAssigner, FileSink, RollingPolicy
from pyflink.datastream.state import ValueStateDescriptor
from flott.datastream.connectors.python import PythonSource, Split

class Numbers(PythonSource):
    def splits(self, runtime_context):
        return [Split("all", 0)]
    def read(self, split, runtime_context):
        for number in range(split.position, 2000):
            while number == 1000 and not os.path.exists("fast"):
                time.sleep(0.01)
                yield None
            yield number, number + 1

class Total(KeyedProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))
    def process_element(self, value, ctx):
        total = (self.total.value() or 0) + value
        self.total.update(total)
        yield f"{value} {total}"

env = StreamExecutionEnvironment.get_execution_environment()
env.enable_checkpointing(50)
sink = FileSink.for_row_format("out", Encoder.simple_string_encoder()).with_bucket_assigner(
    BucketAssigner.base_path_bucket_assigner()).with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy()).build()
numbers = env.from_source(Numbers(), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
numbers = numbers.set_parallelism(1).uid("numbers")
numbers.key_by(lambda value: value % 7).process(Total(), Types.STRING()).uid("totals").sink_to(sink).uid("files")
env.execute(sys.argv[1])
print("ended in order")
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of processes whose jobs are apart from all others."""
    return {**os.environ, "FLOTT_CONTROL_DIR": str(tmp_path / "jobs")}


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts the program with options of ``flott run``, and waits until half of its results are visible."""
    (tmp_path / "job.py").write_text(PROGRAM)
    processes: list[subprocess.Popen[str]] = []

    def started(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "flott.cli", "run", *options, "job.py", "totals"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)
        processes.append(process)
        until(lambda: len(visible(tmp_path)) >= 1000 or process.poll() is not None, "it has written nothing")
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def flott(environment: dict[str, str], *arguments: str, **more: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flott.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, **more)


def visible(folder: Path) -> list[str]:
    files = [path for path in folder.glob("out/*") if not path.name.startswith(".")]
    return sorted(line for path in files for line in path.read_text().splitlines())


def expected(numbers: int) -> list[str]:
    totals, lines = [0] * 7, []
    for number in range(numbers):
        totals[number % 7] += number
        lines.append(f"{number} {totals[number % 7]}")
    return sorted(lines)


def path_in(output: str) -> str:
    return output.partition("Path: ")[2].splitlines()[0]


def test_a_job_that_is_stopped_goes_on_from_its_savepoint(
    start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    process = start("-p", "2")
    # a path is the caller's, not the job's
    stopped = flott(environment, "stop", "--savepointPath", "saved", "totals", cwd=tmp_path.parent)
    assert stopped.returncode == 0, stopped.stderr
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, "ended in order" in output) == (0, True), errors
    path = path_in(stopped.stdout)
    assert path.startswith((tmp_path.parent / "saved").as_uri())
    assert visible(tmp_path) == expected(1000), "all that is in state is visible"
    (tmp_path / "fast").touch()
    again = flott(environment, "run", "-s", path, "-p", "3", "job.py", "totals", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert visible(tmp_path) == expected(2000)
    disposed = flott(environment, "savepoint", "-d", path)
    assert disposed.stdout == f"Savepoint '{path}' disposed.\n"
    gone = flott(environment, "savepoint", "-d", path)
    assert (gone.returncode, "there is no checkpoint in" in gone.stderr) == (1, True)


def test_a_job_goes_on_beside_a_savepoint(start: Start, environment: dict[str, str], tmp_path: Path) -> None:
    saved = (tmp_path / "saved").as_uri()
    process = start("-D", f"execution.checkpointing.savepoint-dir={saved}")
    taken = flott(environment, "savepoint", "totals")
    assert path_in(taken.stdout).startswith(f"{saved}/savepoint-"), taken.stderr
    assert process.poll() is None
    (tmp_path / "fast").touch()
    process.communicate(timeout=30)
    assert visible(tmp_path) == expected(2000)
    listed = flott(environment, "state", path_in(taken.stdout))
    assert "totals (KEYED PROCESS), parallelism 1 of 128\n  total: pickle ValueState, 7 key groups" in listed.stdout


def test_a_job_is_cancelled(start: Start, environment: dict[str, str], tmp_path: Path) -> None:
    process = start()
    cancelled = flott(environment, "cancel", "-s", str(tmp_path / "saved"), "totals")
    assert cancelled.returncode == 0, cancelled.stderr
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, "the job was cancelled" in errors) == (1, True)
    (savepoint,) = (tmp_path / "saved").iterdir()
    assert path_in(cancelled.stdout) == savepoint.as_uri()
    assert cancelled.stdout.splitlines()[-1].startswith("Cancelled job ")


def test_what_can_not_be_done_is_said(start: Start, environment: dict[str, str], tmp_path: Path) -> None:
    nobody = flott(environment, "stop", "totals")
    assert (nobody.returncode, nobody.stderr) == (1, "flott stop: no job of yours runs on this machine now\n")
    process = start()
    unknown = flott(environment, "savepoint", "other")
    assert (unknown.returncode, "no job is called 'other'" in unknown.stderr) == (1, True)
    nowhere = flott(environment, "savepoint", "totals")
    assert nowhere.returncode == 1
    assert "it is not said where the savepoint goes" in nowhere.stderr
    assert "execution.checkpointing.savepoint-dir" in nowhere.stderr
    (tmp_path / "taken").write_text("")
    failed = flott(environment, "stop", "-p", str(tmp_path / "taken"), "totals")
    assert (failed.returncode, "taken" in failed.stderr) == (1, True)
    assert process.poll() is None, "it goes on"
    assert flott(environment, "cancel").returncode == 2
