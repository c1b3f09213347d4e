"""From ``pip install`` of the wheel to the first windowed result in a notebook: an empty environment, a real kernel.

python benches/first_result.py dist/*.whl      # downloads Jupyter's kernel, which is part of the time
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

#: What somebody types. Each line counts.
CELL = """\
from flott.common import Time, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.window import TumblingEventTimeWindows
from flott.table.expressions import col
row = Types.ROW_NAMED(["product", "pieces", "at"], [Types.STRING(), Types.INT(), Types.LONG()])
times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("at"))
stream = StreamExecutionEnvironment.get_execution_environment().from_collection([("tea", 3, 5), ("tea", 7, 9)], row)
keyed = stream.assign_timestamps_and_watermarks(times).key_by("product")
list(keyed.window(TumblingEventTimeWindows.of(Time.minutes(1))).aggregate(col("pieces").sum).execute_and_collect())
"""


def measure(wheel: Path) -> dict[str, float]:
    """Seconds of the installation, and of the kernel's start with the cell; ``lines`` is the cell's length."""
    with tempfile.TemporaryDirectory(prefix="flott-first-") as folder:
        environment = Path(folder, "venv")
        venv.create(environment, with_pip=True)
        bin = environment / ("Scripts" if sys.platform == "win32" else "bin")
        notebook = Path(folder, "first.ipynb")
        cell = {
            "cell_type": "code",
            "source": CELL,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "id": "first",
        }
        notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        started = time.perf_counter()
        _run(bin / "python", "-m", "pip", "--quiet", "install", str(wheel), "ipykernel", "nbclient")
        installed = time.perf_counter()
        _run(bin / "jupyter", "execute", "--inplace", str(notebook))
        ended = time.perf_counter()
        (output,) = json.loads(notebook.read_text())["cells"][0]["outputs"]
        shown = "".join(output["data"]["text/plain"])
        # 3 + 7 pieces in the first minute
        assert "=10)" in shown, shown
        print(shown)
        return {"install": installed - started, "result": ended - installed, "lines": len(CELL.splitlines())}


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("which wheel? python benches/first_result.py dist/*.whl")
    seconds = measure(Path(sys.argv[1]))
    total = seconds["install"] + seconds["result"]
    print(f"installed in {seconds['install']:.1f} s, the result {seconds['result']:.1f} s later")
    print(f"{total:.1f} s (goal: under 60)")
    print(f"{seconds['lines']:.0f} lines (goal: under 10)")
