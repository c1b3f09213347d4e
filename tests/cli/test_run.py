"""``flott run`` as a user calls it: a process, its output, its exit code."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

JOB = """\
import sys
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import MapFunction

class Double(MapFunction):
    def map(self, value):
        return value * 2

env = StreamExecutionEnvironment.get_execution_environment()
print("arguments", sys.argv[1:], "parallelism", env.get_parallelism())
env.from_collection([1, 2], Types.INT()).map(Double(), Types.INT()).print()
env.execute()
"""


def flott(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flott.cli", "run", *words],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# --- the program and its arguments


def test_a_program_for_pyflink_runs_as_it_is(folder: Path) -> None:
    assert lines(flott(folder, "job.py")) == ["arguments [] parallelism 1", "2", "4"]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["job.py", "--input", "a", "-p", "7"], ["--input", "a", "-p", "7"]),
        (["-py", "job.py", "--input", "a", "-p", "7"], ["--input", "a", "-p", "7"]),
        (["--python", "job.py", "orders"], ["orders"]),
        (["-py", "job.py", "--", "-p", "7"], ["-p", "7"]),
        (["-pym", "job", "--input", "a"], ["--input", "a"]),
        (["--pyModule=job", "a"], ["a"]),
    ],
)
def test_what_is_no_option_of_flott_run_is_for_the_program(
    folder: Path, words: list[str], arguments: list[str]
) -> None:
    assert lines(flott(folder, *words))[0] == f"arguments {arguments} parallelism 1"


def test_the_program_is_the_main_module_as_under_python(folder: Path) -> None:
    program = (
        "import sys\nprint(__name__, sys.argv, sys.path[0], __file__, sys.modules['__main__'].__dict__ is globals())"
    )
    (folder / "jobs").mkdir()
    (folder / "jobs" / "facts.py").write_text(program)
    under_python = subprocess.run(
        [sys.executable, "jobs/facts.py", "x"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert flott(folder, "jobs/facts.py", "x").stdout == under_python.stdout


def test_imports_from_python_files(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "in_a_folder.py").write_text("name = 'folder'")
    (folder / "one").mkdir()
    (folder / "one" / "in_a_file.py").write_text("name = 'file'")
    (folder / "main.py").write_text("import in_a_folder, in_a_file; print(in_a_folder.name, in_a_file.name)")
    assert lines(flott(folder, "-pyfs", "lib,one/in_a_file.py", "main.py")) == ["folder file"]


# --- settings


@pytest.mark.parametrize(
    ("words", "parallelism"),
    [(["-p", "3"], 3), (["-p3"], 3), (["-Dparallelism.default=2"], 2), (["-D", "parallelism.default=2", "-p", "3"], 3)],
)
def test_settings_reach_the_environments_of_the_program(folder: Path, words: list[str], parallelism: int) -> None:
    assert lines(flott(folder, *words, "job.py"))[0] == f"arguments [] parallelism {parallelism}"


def test_what_the_program_sets_wins(folder: Path) -> None:
    (folder / "own.py").write_text(
        "from pyflink.common import Configuration\n"
        "from pyflink.datastream import StreamExecutionEnvironment as Env\n"
        "given = Configuration().set_string('pipeline.max-parallelism', '16')\n"
        "env = Env.get_execution_environment(given).set_parallelism(2)\n"
        "print(env.get_parallelism(), env.get_max_parallelism(), env.get_buffer_timeout())\n"
        "print(Env.get_execution_environment().get_parallelism())\n"
    )
    words = ["-p", "3", "-Dpipeline.max-parallelism=64", "-Dexecution.buffer-timeout.interval=7"]
    assert lines(flott(folder, *words, "own.py")) == ["2 16 7", "3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-m", "localhost:8081"], "--jobmanager has no effect"),
        (["--target", "yarn-session"], "--target yarn-session has no effect"),
        (["-pyexec", "python3"], "--pyExecutable has no effect"),
        (["-n"], "--allowNonRestoredState has no effect"),
    ],
)
def test_what_means_nothing_here_is_said_and_the_program_runs(folder: Path, words: list[str], said: str) -> None:
    done = flott(folder, *words, "job.py")
    assert lines(done)[1:] == ["2", "4"]
    assert said in done.stderr


# --- what goes wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which program?"),
        (["--parallel", "2", "job.py"], "unknown option --parallel"),
        (["absent.py"], "there is no file absent.py"),
        (["-p", "0", "job.py"], "the parallelism is a number of at least 1, not '0'"),
        (["-D", "=x", "job.py"], "'=x' is not KEY=VALUE"),
        (["-s", "/savepoints/1", "job.py"], "--fromSavepoint: /savepoints/1 is not there; give the directory chk-"),
        (["-s", ".", "job.py"], "--fromSavepoint: . is no checkpoint: it has no complete one in it"),
        (["-t", "cluster", "job.py"], "'cluster' is not a target"),
        (["-py", "job.py", "-pym", "job"], "not allowed with"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(folder: Path, words: list[str], said: str) -> None:
    done = flott(folder, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def traceback_files(error: str) -> list[str]:
    return [Path(file).name for file in re.findall(r'File "([^"]+)", line', error)]


def test_a_traceback_has_the_users_lines_only(folder: Path) -> None:
    (folder / "fails.py").write_text(JOB.replace("value * 2", "value / 0"))
    done = flott(folder, "fails.py")
    assert done.returncode == 1
    assert traceback_files(done.stderr) == ["fails.py", "fails.py"]
    assert done.stderr.splitlines()[-2] == "ZeroDivisionError: division by zero"
    # the error of a call that Flott refuses ends at the line that made it
    (folder / "refused.py").write_text(JOB.replace("env.execute()", "env.set_parallelism(0)"))
    done = flott(folder, "refused.py")
    assert traceback_files(done.stderr) == ["refused.py"]
    assert "env.set_parallelism(0)" in done.stderr
    full = flott(folder, "refused.py", FLOTT_TRACEBACK="full")
    assert {"_program.py", "_environment_settings.py"} <= set(traceback_files(full.stderr))


def test_a_mistake_in_the_programs_syntax(folder: Path) -> None:
    (folder / "broken.py").write_text("print('a')\nx = (\n")
    done = flott(folder, "broken.py")
    assert (done.returncode, traceback_files(done.stderr)) == (1, ["broken.py"])
    assert "SyntaxError" in done.stderr


def test_the_exit_code_is_the_programs(folder: Path) -> None:
    (folder / "leaves.py").write_text("import sys; sys.exit(7)")
    assert flott(folder, "leaves.py").returncode == 7


def test_a_module_that_flott_has_not(folder: Path) -> None:
    (folder / "sql.py").write_text("from pyflink.table.catalog import Catalog")
    done = flott(folder, "sql.py")
    assert traceback_files(done.stderr) == ["sql.py"]
    assert "ModuleNotFoundError: No module named 'pyflink.table.catalog' in Flott" in done.stderr
    assert "--target flink" in done.stderr


def test_pyflink_that_is_not_installed(folder: Path) -> None:
    done = flott(folder, "--target", "flink", "job.py")
    assert done.returncode == 1
    assert f"PyFlink is not installed for {sys.executable}" in done.stderr
    assert "apache-flink==1.20.3" in done.stderr


# --- how it is stopped

ENDLESS = """\
import time
from pyflink.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection(range(100000)).map(lambda n: time.sleep(0.01) or n).print()
env.execute()
"""


def until_it_prints(log: Path) -> None:
    deadline = time.monotonic() + 30
    while "\n" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code", "last"),
    # as under python: it ends itself by SIGINT, so that a shell knows
    [(signal.SIGINT, -signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, 128 + signal.SIGTERM, None)],
)
def test_a_signal_stops_the_job_and_ends_the_process(
    folder: Path, number: signal.Signals, code: int, last: str | None
) -> None:
    (folder / "endless.py").write_text(ENDLESS)
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "flott.cli", "run", "endless.py"],
            cwd=folder,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, "FLOTT_BATCH_SIZE": "1", "PYTHONUNBUFFERED": "1"},
            # tests that run in the background of a shell would hand on that Ctrl-C is ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    until_it_prints(out)
    process.send_signal(number)
    assert process.wait(timeout=30) == code, err.read_text()
    assert (err.read_text().splitlines() or [None])[-1] == last
    assert set(traceback_files(err.read_text())) <= {"endless.py"}


# --- in the background


@pytest.fixture
def background(folder: Path) -> Iterator[list[int]]:
    """The processes that a test has started in the background."""
    started: list[int] = []
    yield started
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def test_detached(folder: Path, background: list[int]) -> None:
    (folder / "endless.py").write_text(ENDLESS)
    said = lines(flott(folder, "--detached", "-p", "1", "endless.py", "-d", FLOTT_BATCH_SIZE="1"))
    process = int(re.search(r"as process (\d+)", said[0])[1])  # type: ignore[index]
    background.append(process)
    log = Path(said[1].removeprefix("  output: "))
    assert log.parent == folder
    until_it_prints(log)
    assert log.read_text().splitlines()[0] == "0"
    assert said[2] == f"  stop:   kill {process}"
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{process}/cmdline").exists() and Path(f"/proc/{process}/cmdline").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- on PyFlink

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flott"
#: Where ``make parity-golden`` installs PyFlink.
PYFLINK = CACHE / "pyflink-venv" / "bin" / "python"


@pytest.mark.skipif(not PYFLINK.exists(), reason="PyFlink is not installed: make parity-golden does it")
def test_the_same_program_on_pyflink(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "in_a_folder.py").write_text("name = 'folder'")
    (folder / "job.py").write_text(f"import in_a_folder\n{JOB}")
    words = ["-t", "flink", "-pyclientexec", str(PYFLINK), "-p", "2", "-pyfs", "lib", "job.py", "-p", "7"]
    ran = lines(flott(folder, *words))
    assert ran[0] == "arguments ['-p', '7'] parallelism 2"
    # which of the two subtasks prints a record is Flink's choice
    assert sorted(line.partition("> ")[2] for line in ran[1:]) == ["2", "4"]
