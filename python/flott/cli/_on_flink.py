"""``flott run --target flink``: the same program on PyFlink, in the Python that has it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from flott.datastream._python_files import import_path

_START = Path(__file__).with_name("_flink_program.py")


def run_on_flink(options: argparse.Namespace, words: list[str], settings: dict[str, str]) -> int:
    """Runs the program on a Flink in a process of its own.

    :param settings: what its environments begin with
    :return: the exit code of the program
    """
    python = shutil.which(options.pyClientExecutable or sys.executable)
    if python is None:
        raise SystemExit(f"flott run: --pyClientExecutable: there is no program {options.pyClientExecutable}")
    if options.detached:
        raise SystemExit("flott run: --detached does not go with --target flink")
    if subprocess.run([python, "-c", "import pyflink.version"], capture_output=True).returncode:
        raise SystemExit(
            f"flott run: PyFlink is not installed for {python}\n"
            "what to do: PyFlink 1.20 needs Python 3.8 to 3.11, and Java 11 or 17. Install it beside Flott:\n"
            "  python3.11 -m venv flink-venv && flink-venv/bin/pip install apache-flink==1.20.3\n"
            "and name that Python: flott run --target flink --pyClientExecutable flink-venv/bin/python ..."
        )
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise SystemExit(
            "flott run: there is no Java, which PyFlink needs\n"
            "what to do: install Java 11 or 17 (on Debian: apt-get install default-jre-headless), or set JAVA_HOME"
        )
    settings = {"python.client.executable": python, "python.executable": options.pyExecutable or python, **settings}
    if options.fromSavepoint is not None:
        settings["execution.savepoint.path"] = options.fromSavepoint
    if options.restoreMode is not None:
        settings["execution.savepoint-restore-mode"] = options.restoreMode
    if options.allowNonRestoredState:
        settings["execution.savepoint.ignore-unclaimed-state"] = "true"
    for option, value in (("pipeline.jars", options.jarfile), ("pipeline.classpaths", options.classpath)):
        if value is not None:
            settings[option] = value if "://" in value else Path(value).resolve().as_uri()
    program = [options.python] if options.python is not None else ["-m", options.pyModule]
    paths = [*map(import_path, options.pyFiles), options.pyPythonPath, os.environ.get("PYTHONPATH", "")]
    folder = tempfile.TemporaryDirectory(prefix="flott-run-")
    paths.append(_flott_for(python, Path(folder.name)))
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # PyFlink starts its workers with the `python` it finds
        "PATH": os.pathsep.join((os.path.dirname(python), os.environ.get("PATH", ""))),
    }
    with folder:
        process = subprocess.Popen([python, str(_START), json.dumps(settings), *program, *words], env=environ)
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                # Ctrl-C reaches it as well; its end is awaited
                continue
            return code if code >= 0 else 128 - code


def _flott_for(python: str, folder: Path) -> str:
    """Where that Python finds Flott, for a program that imports ``flott.cep``: a folder with nothing else in it.

    :return: empty if it has Flott itself, or is of another version and so can't load this one
    """
    probe = "import sys, importlib.util as u; print(sys.implementation.cache_tag, u.find_spec('flott') is not None)"
    found = subprocess.run([python, "-c", probe], capture_output=True, text=True).stdout.split()
    if found != [sys.implementation.cache_tag, "False"]:
        return ""
    (folder / "flott").symlink_to(Path(__file__).parents[1], target_is_directory=True)
    return str(folder)
