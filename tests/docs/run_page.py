"""Runs the snippets of one page, in order; a program of its own, so that nothing of them is left in the tests' process.

``run_page.py PAGE RESULTS`` reads a JSON list of snippets (``text``, ``line``, ``file``, ``setup``, ``then``,
``continues``, ``compiled``) from standard input and writes what came of each (``output``,
``error``) to the file RESULTS.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main(page: str, results_file: str) -> None:
    sys.path.insert(0, os.getcwd())
    results = []
    module = types.ModuleType("__main__")
    for snippet in json.load(sys.stdin):
        if not snippet["continues"]:
            module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        results.append(run(snippet, page, module))
    Path(results_file).write_text(json.dumps(results), encoding="utf-8")


def run(snippet: dict[str, Any], page: str, module: types.ModuleType) -> dict[str, str | None]:
    """Runs one snippet; what it prints, and the traceback if it fails."""
    output: list[str] = []
    error = None
    # lines of the page, so that tracebacks and messages name them
    place = f"{page}:{snippet['line']}"
    code = snippet["text"]
    linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
    try:
        if snippet["compiled"]:
            compile(code, place, "exec")
            return {"output": "", "error": None}
        if snippet["file"]:
            Path(snippet["file"]).write_text(code, encoding="utf-8")
        if not snippet["continues"] and snippet["setup"]:
            exec(compile(snippet["setup"], f"{page} (setup)", "exec"), module.__dict__)
        with captured(output):
            if not snippet["file"]:
                exec(compile(code, place, "exec"), module.__dict__)
            elif snippet["file"].startswith("test_"):
                command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--engine=flott"]
                subprocess.run([*command, snippet["file"]], check=True)
            else:
                runpy.run_path(snippet["file"], run_name="__main__")
            exec(compile(snippet["then"], f"{place} (then)", "exec"), module.__dict__)
    except BaseException:
        error = traceback.format_exc()
    finally:
        from flott._flott import stop_all_jobs

        stop_all_jobs()
    return {"output": "".join(output), "error": error}


@contextlib.contextmanager
def captured(into: list[str]) -> Iterator[None]:
    """What is written to standard output meanwhile, by Python, the engine and other processes."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        sys.stdout.flush()
        before = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(before, 1)
            os.close(before)
            file.seek(0)
            into.append(file.read())


if __name__ == "__main__":
    main(*sys.argv[1:])
