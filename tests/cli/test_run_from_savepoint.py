"""``flott run -s``: a program that was killed goes on where its last checkpoint stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_run import flott, lines

#: Running totals by key, and a file sink: what is visible at the end is the same however often the job was interrupted.
JOB = """\
import os, sys, time
from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import BucketAssigner, FileSink, RollingPolicy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.state import ValueStateDescriptor

class Total(KeyedProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))

    def process_element(self, value, ctx):
        # slow until the file is there: the first run does not come to its end
        if value % 5 == 0 and not os.path.exists("fast"):
            time.sleep(0.001)
        total = (self.total.value() or 0) + value
        self.total.update(total)
        yield f"{ctx.get_current_key()} {value} {total}"

env = StreamExecutionEnvironment.get_execution_environment()
env.enable_checkpointing(50)
env.get_checkpoint_config().set_checkpoint_storage_dir("file://" + os.path.abspath("checkpoints"))
sink = FileSink.for_row_format("out", Encoder.simple_string_encoder()).with_bucket_assigner(
    BucketAssigner.base_path_bucket_assigner()).with_rolling_policy(
    RollingPolicy.default_rolling_policy(500)).build()
numbers = NumberSequenceSource(0, 59999)
numbers = env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
numbers = numbers.set_parallelism(1).uid("numbers")
totals = numbers.key_by(lambda value: value % 7).process(Total(), Types.STRING()).uid(sys.argv[1])
totals.sink_to(sink).uid("files")
env.execute()
"""


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Path]:
    """The directory of a program that was killed in the middle, behind its second checkpoint."""
    (tmp_path / "job.py").write_text(JOB)
    command = [sys.executable, "-m", "flott.cli", "run", "-p", "2", "job.py", "totals"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        # behind the second, so that it has committed files too
        while not any(int(path.parent.name[4:]) > 1 for path in tmp_path.glob("checkpoints/*/chk-*/_metadata")):
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    (tmp_path / "fast").touch()
    yield tmp_path


def newest(folder: Path) -> Path:
    complete = [path.parent for path in folder.glob("checkpoints/*/chk-*/_metadata")]
    return max(complete, key=lambda path: int(path.name[4:]))


def uninterrupted() -> list[str]:
    totals = [0] * 7
    written = []
    for value in range(60000):
        totals[value % 7] += value
        written.append(f"{value % 7} {value} {totals[value % 7]}")
    return sorted(written)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("parallelism", ["2", "3"])
def test_a_killed_program_goes_on_as_if_it_had_never_been(killed: Path, parallelism: str) -> None:
    checkpoint = newest(killed)
    lines(flott(killed, "-s", str(checkpoint.relative_to(killed)), "-p", parallelism, "job.py", "totals"))
    files = [path for path in (killed / "out").iterdir() if not path.name.startswith(".")]
    assert sorted(line for path in files for line in path.read_text().splitlines()) == uninterrupted()
    assert (checkpoint / "_metadata").exists(), "what a job goes on from is not its own to remove"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_state_that_the_program_no_longer_has(killed: Path) -> None:
    checkpoint = newest(killed)
    refused = flott(killed, "-s", checkpoint.as_uri(), "job.py", "renamed")
    assert refused.returncode == 1
    assert "which the program does not have" in refused.stderr and "--allowNonRestoredState" in refused.stderr
    lines(flott(killed, "-s", f"{checkpoint}/_metadata", "-n", "job.py", "renamed"))
    above = flott(killed, "-s", "checkpoints", "job.py", "totals")
    assert above.returncode == 2
    assert f"name one, the newest is {newest(killed)}" in above.stderr
