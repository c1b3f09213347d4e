"""The systems that are compared: where each is installed, and how it runs a workload."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
PROGRAMS = BENCHES / "programs"
ROOT = BENCHES.parent
#: Modules of programs that import the engine.
SHARED = ("state_functions.py",)
#: The packages of the course that programs use.
COURSE = ("stage1_basic_etl", "stage2_data_transformation", "utils")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flott"


@dataclass(frozen=True)
class System:
    """One line of the tables."""

    key: str
    label: str
    #: The virtual environment; None is the one that runs this.
    venv: str | None
    #: Workload to the program's file name.
    programs: dict[str, str]
    options: tuple[str, ...] = ()
    #: Its programs are Flott's with the imports changed.
    renamed: bool = False
    #: It reads files only in which every line is JSON.
    strict: bool = False
    #: What `import` of the package is measured with.
    module: str = ""

    @property
    def python(self) -> str:
        return sys.executable if self.venv is None else str(CACHE / self.venv / "bin" / "python")

    @property
    def peer(self) -> str:
        return self.key.partition("-")[0]

    def available(self) -> bool:
        """Whether it is installed."""
        if self.key.startswith("pyflink") and shutil.which("java") is None:
            return False
        probe = [self.python, "-c", f"import {self.module or 'json'}"]
        return Path(self.python).exists() and subprocess.run(probe, capture_output=True).returncode == 0

    def command(self, workload: str, arguments: list[str], work: Path) -> list[str]:
        """The command line of that workload."""
        program = PROGRAMS / self.programs[workload]
        if self.renamed:
            original, program = program, work / f"pyflink_{program.name}"
            _rename(original, program)
            for shared in SHARED:
                # beside the program, and so in front of the original
                _rename(PROGRAMS / shared, work / shared)
            for module in (module for package in COURSE for module in (ROOT / package).glob("*.py")):
                _rename(module, _course_on_pyflink(work) / module.relative_to(ROOT))
        return [self.python, str(program), *arguments, *self.options]

    def environment(self, work: Path, threads: int) -> dict[str, str]:
        """The environment variables its programs run with.

        :param work: the folder that was given to :meth:`command`.
        """
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["POLARS_MAX_THREADS"] = str(threads)
        course = _course_on_pyflink(work) if self.renamed else ROOT
        env["PYTHONPATH"] = os.pathsep.join((str(PROGRAMS), str(BENCHES), str(course)))
        # PyFlink starts its workers with the `python` it finds
        env["PATH"] = os.pathsep.join((str(Path(self.python).parent), env.get("PATH", "")))
        return env


def _course_on_pyflink(work: Path) -> Path:
    return work / "pyflink_course"


def _rename(original: Path, copy: Path) -> None:
    """Copies a program of Flott's as one of PyFlink's."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    text = original.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"^from flott\b", "from pyflink", text, flags=re.MULTILINE), encoding="utf-8")


_SAME = {"etl": "etl.py", "stage2": "stage2.py", "chain": "chain.py", "lambdas": "lambdas.py", "cold": "cold.py"}
_WINDOW = {"window": "window.py"}
_STATE = {"state": "state.py"}
_STATES = {**_STATE, "state_checkpoints": "state.py", "state_typed": "state_typed.py"}
_SLIDING = {"tumbling": "sliding.py", "sliding": "sliding.py"}
_FLINK = {**_SAME, "keyed_sum": "keyed_sum_stream.py"}
_BYTEWAX = {"etl": "etl_bytewax.py", "lambdas": "lambdas_bytewax.py", "cold": "cold_bytewax.py"}
_LOOP = {"etl": "etl_loop.py", "stage2": "stage2_loop.py", "chain": "chain_loop.py", "lambdas": "lambdas_loop.py"}
_OWN_LOOP = {"window": "window_loop.py", "state": "state_loop.py"}
_SUMS_LOOP = {"keyed_sum": "keyed_sum_loop.py", "rolling_sum": "keyed_sum_loop.py"}
_SUMS = {"keyed_sum": "keyed_sum.py", "rolling_sum": "keyed_sum.py"}


def _typed(program: str) -> dict[str, str]:
    return {"window_typed": program, "window_typed_2": program}


_CEP = {"cep": "cep.py", "cep_typed": "cep_typed.py"}

LOOP = System("loop", "bare Python loop", None, {**_LOOP, **_OWN_LOOP, **_SUMS_LOOP, "cep": "cep_loop.py"})
FLOTT = System(
    "flott",
    "Flott",
    None,
    {**_SAME, **_WINDOW, **_STATES, **_SLIDING, **_typed("window_typed.py"), "typed": "etl_typed.py", **_SUMS, **_CEP},
    module="flott.datastream",
)
PEERS = (
    System(
        "polars",
        "polars 2.1.0",
        "bench-polars",
        {"keyed_sum": "keyed_sum_polars.py", **_typed("window_polars.py")},
        strict=True,
        module="polars",
    ),
    System("duckdb", "DuckDB 2.0.0", "bench-duckdb", _typed("window_duckdb.py"), module="duckdb"),
    System("bytewax", "Bytewax 0.21.1", "bench-bytewax", _BYTEWAX, module="bytewax.dataflow"),
    System(
        "pyflink-thread",
        "PyFlink 1.20.3, thread mode",
        "pyflink-venv",
        # windows and state in process mode: a thousand records a second
        {**_FLINK, **_WINDOW, **_STATE},
        ("python.execution-mode=thread",),
        renamed=True,
        module="pyflink.datastream",
    ),
    System(
        "pyflink-sql",
        "Flink SQL 1.20.3",
        "pyflink-venv",
        {**_typed("window_sql.py"), "cep_typed": "cep_sql.py"},
        module="pyflink.table",
    ),
    System(
        "pyflink-process",
        "PyFlink 1.20.3, process mode",
        "pyflink-venv",
        _FLINK,
        ("python.execution-mode=process",),
        renamed=True,
        module="pyflink.datastream",
    ),
)
