"""Writes the golden output of the programs anew, by running them on PyFlink: ``make parity-golden``.

PyFlink 1.20.3 is installed into a virtual environment in the cache folder the first time (500 MB, Python 3.11 at
most, some minutes); it needs Java 11 or 17.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PYFLINK = "apache-flink==1.20.3"


def location() -> Path:
    """Where the virtual environment with PyFlink is, or will be."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flott" / "pyflink-venv"


def environment() -> Path:
    """The virtual environment that has PyFlink."""
    venv = location()
    if not (venv / "ready").exists():
        python = next(filter(None, map(shutil.which, ("python3.11", "python3.10"))), None)
        if python is None:
            sys.exit("PyFlink 1.20 needs Python 3.10 or 3.11: install one of them and run this again")
        print(f"{PYFLINK} into {venv}: some minutes")
        subprocess.run([python, "-m", "venv", venv], check=True)
        pip = [venv / "bin/pip", "install", "--quiet"]
        # what apache-beam 2.48 is built with, and what pkg_resources was still part of
        subprocess.run([*pip, "setuptools<70", "wheel"], check=True)
        subprocess.run([*pip, PYFLINK], check=True)
        (venv / "ready").touch()
    return venv


def main(names: list[str]) -> int:
    venv = environment()
    # PyFlink starts its workers with the `python` it finds in the path
    environ = {**os.environ, "PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    # flott.cep runs there, too; built by `make develop` with the same version of Python
    environ["PYTHONPATH"] = str(HERE.parents[1] / "python")
    failed = 0
    for program in sorted((HERE / "programs").glob("*.py")):
        if names and program.stem not in names:
            continue
        print(program.stem, end=": ", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [venv / "bin/python", HERE / "on_pyflink.py", program],
                env=environ,
                cwd=folder,
                capture_output=True,
                timeout=300,
            )
        if done.returncode:
            failed += 1
            print("FAILED\n", done.stderr.decode(errors="replace")[-4000:])
            continue
        (HERE / "golden" / f"{program.stem}.txt").write_bytes(done.stdout)
        print(f"{len(done.stdout.splitlines())} lines")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
