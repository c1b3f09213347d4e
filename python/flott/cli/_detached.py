"""``flott run --detached``: the program in a process of its own, in the background."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def run_detached(program: str, options: list[str], rest: list[str]) -> int:
    """Starts ``flott run`` in the background and returns; says what to look at and how to stop it.

    :param options: its options, without ``--detached``
    :param rest: the program, unless an option names it, and its arguments
    """
    log = Path(f"{Path(program).stem}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log").resolve()
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    with log.open("xb") as output:
        started = subprocess.Popen(
            [sys.executable, "-u", "-m", "flott.cli", "run", *options, "--", *rest],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **apart,
        )
    print(f"{program} runs in the background as process {started.pid}")
    print(f"  output: {log}")
    print(f"  stop:   kill {started.pid}")
    # it goes on when this process ends, and nobody waits for it
    started.returncode = 0
    return 0
