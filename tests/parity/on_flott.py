"""Runs a PyFlink program on Flott: ``python on_flott.py program.py '[{}, {"parallelism.default": "2"}]'``.

It runs once with each of the given settings, as ``flott run -D key=value`` would in a process for each. A line with the
ASCII record separator ends each run's output.
"""

from __future__ import annotations

import json
import runpy
import sys

from flott import install_as_pyflink
from flott.datastream._defaults import SETTINGS

END_OF_OUTPUT = "\x1e\n"


def run(program: str, settings: dict[str, str]) -> None:
    SETTINGS.clear()
    SETTINGS.update(settings)
    try:
        runpy.run_path(program, run_name="__main__")
    except BaseException:
        print(f"with the settings {settings}:", file=sys.stderr)
        raise
    print(END_OF_OUTPUT, end="", flush=True)


if __name__ == "__main__":
    install_as_pyflink()
    for settings in json.loads(sys.argv[2]):
        run(sys.argv[1], settings)
