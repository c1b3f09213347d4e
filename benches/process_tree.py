"""Runs a command and watches it with all its descendants: wall time, CPU time, peak memory, and what others did.

Reads /proc, so it needs Linux, and no package.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Observed:
    """Seconds and bytes of a process tree."""

    code: int
    output: str
    wall: float
    cpu: float
    #: The largest sum over the tree that was seen; of one process alone, what the kernel recorded.
    peak_rss: int
    #: The share of all cores that others used meanwhile, 0 to 1.
    others: float


@dataclass
class _Tree:
    root: int
    cpu: dict[int, float] = field(default_factory=dict)
    peak: int = 0

    def sample(self) -> None:
        total = 0
        for pid in _tree(self.root):
            stat = _stat(pid)
            if stat is None or stat[0] == "Z":
                continue
            self.cpu[pid] = (int(stat[11]) + int(stat[12])) / _TICK
            total += int(stat[21]) * _PAGE
            self.peak = max(self.peak, _high_water(pid))
        self.peak = max(self.peak, total)

    def ended(self, usage: resource.struct_rusage) -> None:
        """What the kernel recorded in the end, which sampling has missed. Of a process with others it has those too."""
        if set(self.cpu) <= {self.root}:
            self.cpu[self.root] = usage.ru_utime + usage.ru_stime


def run(command: Sequence[str], env: Mapping[str, str], log: Path, limit: float) -> Observed:
    """Runs the command to its end, or kills it after ``limit`` seconds (its code is negative then)."""
    others = _busy()
    started = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    tree, looked = _Tree(process.pid), 0.0
    while True:
        elapsed = time.perf_counter() - started
        if elapsed > limit:
            for pid in reversed(_tree(process.pid)):
                _kill(pid)
        # looking costs a core's time, which a run on all cores misses; a start is short, and watched closely
        if elapsed < 0.15 or elapsed - looked > (0.03 if elapsed < 5 else 0.1):
            tree.sample()
            looked = elapsed
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    tree.ended(usage)
    wall = time.perf_counter() - started
    cpu = sum(tree.cpu.values())
    foreign = max(0.0, _busy() - others - cpu) / (wall * (os.cpu_count() or 1))
    return Observed(process.returncode, log.read_text(errors="replace"), wall, cpu, tree.peak, foreign)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{thread}/children").read_text()
                waiting.extend(map(int, children.split()))
        except OSError:
            continue
    return found


def _stat(pid: int) -> list[str] | None:
    try:
        # the name, in parentheses, may hold blanks
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    _, found, rest = status.partition("VmHWM:")
    return int(rest.split()[0]) * 1024 if found else 0


def _busy() -> float:
    """Seconds that all cores together have worked."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK
