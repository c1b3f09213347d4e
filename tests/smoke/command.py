"""The command: ``flott doctor``, ``flott new``, and ``flott run`` of a program that imports pyflink."""

import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
from pyflink.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection(["it runs"]).print()
env.execute("smoke")
"""


def flott(*words):
    command = [sys.executable, "-I", "-m", "flott.cli", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"flott {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    assert "Nothing is wrong." in flott("doctor")
    Path(folder, "job.py").write_text(PROGRAM)
    assert "it runs" in flott("run", "job.py")
    flott("new", "shop")
    assert flott("info", "shop/job.py").startswith("{")
