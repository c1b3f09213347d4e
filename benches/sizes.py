"""What has to be downloaded and loaded: the wheel, what an installation takes, and how long the import is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from systems import BENCHES, FLOTT

if TYPE_CHECKING:
    from systems import System

_REPS = 7


def measure(systems: list[System], wheel: Path | None) -> dict[str, Any]:
    """Bytes and seconds by system. A wheel that is not there has no size."""
    wheels = [wheel] if wheel else sorted((BENCHES.parent / "dist").glob("*.whl"))
    found: dict[str, Any] = {"wheel": wheels[-1].stat().st_size if wheels else None, "import": {}, "installed": {}}
    found["import"]["python"] = _seconds([sys.executable, "-c", "pass"])
    for system in systems:
        if system.module:
            found["import"][system.key] = _seconds([system.python, "-c", f"import {system.module}"])
            found["installed"][system.key] = _installed(system)
    return found


def _seconds(command: list[str]) -> float:
    times = []
    for _ in range(_REPS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)


def _installed(system: System) -> int:
    """Bytes of the package, for a peer with all that it brings."""
    if system is FLOTT:
        where = f"import {system.module}, os; print(os.path.dirname(os.path.dirname({system.module}.__file__)))"
    else:
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    folder = subprocess.run([system.python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    standard = ("pip", "setuptools", "pkg_resources", "wheel", "_distutils_hack")
    total = 0
    for path in Path(folder).rglob("*"):
        first = path.relative_to(folder).parts[0]
        if path.is_file() and first.split("-")[0] not in standard:
            total += path.stat().st_size
    return total
