"""What shows only in a program of its own: at its end, at Ctrl-C, at its first import."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flott.broker import Broker
from tests.awaiting import until
from tests.first_hour.programs import run, start

BUILT = """\
from flott.datastream import StreamExecutionEnvironment
def build():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1, 2]).print()
    return env
env = build()
"""


BY_HAND = """\
from flott.testing import Harness
with Harness() as harness:
    harness.source("numbers").print()
    harness.feed("numbers", 1)
"""
CRASHED = """\
from flott.testing import crash_test
crash_test(lambda env: env.from_collection(range(60)), seeds=range(5))
"""


def test_a_forgotten_execute(tmp_path: Path) -> None:
    code, output, errors = run(tmp_path, BUILT)
    assert (code, output) == (0, "")
    assert errors == (
        "flott: the program has ended without running what it built: 'Print to Std. Out' (job.py:4)\n"
        "  what to do: call env.execute() behind the last stream\n"
    )


@pytest.mark.parametrize(
    "ending",
    [
        "env.execute()",
        "env.execute(); build().execute()",
        "env.from_collection([3]).execute_and_collect()",
        "env.execute_async().get_job_execution_result().result()",
        "print(env.get_execution_plan())",
        "env.execute(); env.from_collection([1]).print(); env.execute()",
        f"env.execute()\n{BY_HAND}",
        f"env.execute()\n{CRASHED}",
        "raise KeyError('x')",
    ],
)
def test_nothing_is_said_where_nothing_was_forgotten(tmp_path: Path, ending: str) -> None:
    _, _, errors = run(tmp_path, BUILT + ending)
    assert "flott:" not in errors and "AssertionError" not in errors


def test_one_of_two_environments_was_forgotten(tmp_path: Path) -> None:
    _, output, errors = run(tmp_path, BUILT + "build().execute()")
    assert output == "1\n2\n"
    assert "without running what it built: 'Print to Std. Out' (job.py:4)\n" in errors


def test_a_program_for_pyflink_without_flott_run(tmp_path: Path) -> None:
    """Python's own message, and the doctor's advice: nothing of Flott is loaded here that could say more."""
    program = BUILT.replace("flott", "pyflink") + "env.execute()"
    code, _, errors = run(tmp_path, program)
    assert (code, errors.splitlines()[-1]) == (1, "ModuleNotFoundError: No module named 'pyflink'")
    assert run(tmp_path, program, "-m", "flott.cli", "run")[:2] == (0, "1\n2\n")
    doctor = subprocess.run(
        [sys.executable, "-m", "flott.cli", "doctor"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "run it with 'flott run job.py'" in doctor.stdout


SILENT = """\
from flott.common import Configuration, Time, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.python import PythonSource, Split
from flott.datastream.window import TumblingEventTimeWindows

class Orders(PythonSource):
    def splits(self, runtime_context):
        return [Split("shop", 0)]
    def read(self, split, runtime_context):
        # seconds, where milliseconds are meant: an hour of orders is 3.6 s of event time
        for position, second in enumerate(range(1_704_103_200, 1_704_106_800, 60), start=1):
            yield second, position
        while True:
            yield None

class OrderTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value

every = Configuration().set_integer("flott.watermark-every", 1)
env = StreamExecutionEnvironment.get_execution_environment(every)
env.set_parallelism(1)
times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(OrderTime())
orders = env.from_source(Orders(), times, "orders")
orders.window_all(TumblingEventTimeWindows.of(Time.minutes(1))).reduce(lambda a, b: max(a, b)).print()
env.execute()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT can't be sent to a process there")
def test_ctrl_c_before_a_window_has_fired_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_CONTROL_DIR", str(tmp_path / "jobs"))
    ask = [sys.executable, "-m", "flott.cli", "explain-window"]
    process = start(tmp_path, SILENT)
    until(lambda: "1970-01-20" in subprocess.run(ask, capture_output=True, text=True).stdout, "no window is open")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert output == ""
    assert errors.startswith("Windows that had records and gave no result:\nTumblingEventTimeWindows (job.py:26)\n")
    assert "what to do: event time is in January 1970: if these times are seconds, multiply them by 1000" in errors
    assert errors.endswith("KeyboardInterrupt\n")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path / "one") as broker:
        port = broker.bootstrap_servers.rpartition(":")[2]
        command = [sys.executable, "-m", "flott.cli", "broker", "--port", port, "--data", str(tmp_path / "two")]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"the broker cannot listen on 127.0.0.1:{port}" in second.stderr
    assert f"what to do: stop the program that uses port {port}, or choose another port" in second.stderr
