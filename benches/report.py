"""The results as tables, with the goals beside them and what was lost below."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from systems import System

BEGIN, END = "<!-- figures: written by benches/run.py -->", "<!-- end of the figures -->"
#: More than this done by others while a system ran, and its figure is marked.
_DISTURBED = 0.1
_MB = 1_000_000
_TITLES = {
    "etl": "ETL with Python functions",
    "stage2": "Week 2 of the course",
    "typed": "ETL typed, without a Python function",
    "chain": "Three Python functions in a chain",
    "lambdas": "Three lambdas over integers",
    "window": "Windows with Python functions: each user's orders in each minute",
    "window_typed": "Windows typed, without a Python function: the same, one thread",
    "window_typed_2": "Windows typed, two threads",
    "cep": "Patterns with Python conditions: three rising orders of a user within a minute",
    "cep_typed": "Patterns typed: the same with conditions on columns",
    "tumbling": "Windows of numbers, one after the other",
    "sliding": "Windows of numbers that overlap: each is in 10,000 of them",
    "state": "State and timers: a keyed process function",
    "state_checkpoints": "State and timers, with a checkpoint every second",
    "state_typed": "State and timers, orders read into columns",
    "keyed_sum": "Sums by 100,000 keys, in columns: the last of each key",
    "rolling_sum": "Sums by 100,000 keys, in columns: one for every record",
    "cold": "Cold start: ten records",
}
_THROUGHPUTS = (
    "etl",
    "stage2",
    "chain",
    "lambdas",
    "typed",
    "window",
    "window_typed",
    "window_typed_2",
    "cep",
    "cep_typed",
    "tumbling",
    "sliding",
    "state",
    "state_checkpoints",
    "state_typed",
    "keyed_sum",
    "rolling_sum",
)


class _Results:
    """The fastest of the repetitions, as what disturbs a run only makes it slower; of memory the median."""

    def __init__(self, runs: list[dict[str, Any]]) -> None:
        self._runs = runs

    def of(self, workload: str, system: str) -> list[dict[str, Any]]:
        return [run for run in self._runs if run["workload"] == workload and run["system"] == system]

    def rate(self, workload: str, system: str) -> float | None:
        """Records a second."""
        rates = [run["records"] / run["seconds"] for run in self.of(workload, system)]
        return max(rates, default=None)

    def wall(self, system: str) -> float | None:
        return min((run["wall"] for run in self.of("cold", system)), default=None)

    def peak(self, workload: str, system: str) -> float | None:
        """MB."""
        peaks = [run["peak_rss"] / _MB for run in self.of(workload, system)]
        return median(peaks) if peaks else None

    def ratio(self, workload: str, system: str) -> float | None:
        """Of the bare loop's rate."""
        rate, loop = self.rate(workload, system), self.rate(workload, "loop")
        return rate / loop if rate and loop else None


def figures(results: dict[str, Any], systems: list[System]) -> str:
    """The part of the page that a run writes."""
    measured, sizes = _Results(results["runs"]), results.get("sizes", {})
    parts = [_circumstances(results["commands"]), _goals(measured, sizes)]
    for workload in _THROUGHPUTS:
        parts.append(_throughput(workload, measured, systems))
    parts += [_cold(measured, sizes, systems), _lost(measured, systems)]
    return "\n\n".join(part for part in parts if part)


def write(page: Path, text: str) -> None:
    """Replaces the figures in the page; what is written by hand around them stays."""
    before, found, rest = page.read_text().partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise SystemExit(f"{page} has no place for the figures: the lines '{BEGIN}' and '{END}'")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def _circumstances(commands: list[list[str]]) -> str:
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr if _has("java") else ""
    version = re.search(r'version "([^"]+)"', java)
    what = [
        f"{cpu[1].strip() if cpu else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        f"{platform.system()} {platform.release().partition('-')[0]}",
        f"CPython {platform.python_version()}",
    ]
    if version:
        what.append(f"Java {version[1]}")
    ran = "\n".join(f"- `python {shlex.join(command)}`" for command in commands)
    return f"{date.today()}:\n\n{ran}\n\n{', '.join(what)}. Parallelism 1 unless two threads are named."


def _has(program: str) -> bool:
    return any(os.access(os.path.join(folder, program), os.X_OK) for folder in os.get_exec_path())


def _goals(measured: _Results, sizes: dict[str, Any]) -> str:
    cold, peak = measured.wall("flott"), measured.peak("cold", "flott")
    wheel = sizes.get("wheel")
    sums, polars = measured.rate("keyed_sum", "flott"), measured.rate("keyed_sum", "polars")
    typed, sql, frame = (measured.rate("window_typed", key) for key in ("flott", "pyflink-sql", "polars"))
    two = measured.rate("window_typed_2", "flott")
    patterns, recognized = (measured.rate("cep_typed", key) for key in ("flott", "pyflink-sql"))
    state, thread = measured.rate("state", "flott"), measured.rate("state", "pyflink-thread")
    # each beside the loop that took turns with it: they ran minutes apart
    calm, stored = measured.ratio("state", "flott"), measured.ratio("state_checkpoints", "flott")
    sliding, tumbling = measured.rate("sliding", "flott"), measured.rate("tumbling", "flott")
    imported = sizes.get("import", {}).get("flott")
    rows = [
        ("ETL with Python functions", "at least 0.85 of the bare loop", measured.ratio("etl", "flott"), 0.85, "{:.2f}"),
        (
            "three functions in a chain",
            "at least 0.8 of the bare loop",
            measured.ratio("chain", "flott"),
            0.8,
            "{:.2f}",
        ),
        ("three lambdas", "at least 0.6 of the bare loop", measured.ratio("lambdas", "flott"), 0.6, "{:.2f}"),
        ("ETL typed", "at least 5 times the bare loop", measured.ratio("typed", "flott"), 5, "{:.1f}"),
        ("sums by key", "at least 0.5 of polars on one thread", sums and polars and sums / polars, 0.5, "{:.2f}"),
        ("windows typed", "at least 10 times Flink SQL", typed and sql and typed / sql, 10, "{:.1f}"),
        ("windows typed", "at least polars on one thread", typed and frame and typed / frame, 1, "{:.2f}"),
        ("windows typed, two threads", "at least 1.6 times one", typed and two and two / typed, 1.6, "{:.2f}"),
        (
            "patterns typed",
            "at least 8 times Flink SQL",
            patterns and recognized and patterns / recognized,
            8,
            "{:.1f}",
        ),
        (
            "patterns with Python conditions",
            "at least 0.5 of the bare loop",
            measured.ratio("cep", "flott"),
            0.5,
            "{:.2f}",
        ),
        (
            "a window of 10,000 slides",
            "at most 3 times the cost of one",
            sliding and tumbling and -tumbling / sliding,
            -3,
            "{:.2f}",
        ),
        ("state and timers", "at least 0.9 of the bare loop", calm, 0.9, "{:.2f}"),
        (
            "state and timers",
            "at least 5 times PyFlink",
            state and thread and state / thread,
            5,
            "{:.1f}",
        ),
        ("a checkpoint every second", "at least 0.9 of none", calm and stored and stored / calm, 0.9, "{:.2f}"),
        ("state and timers, typed", "faster than the bare loop", measured.ratio("state_typed", "flott"), 1, "{:.2f}"),
        ("cold start", "under 0.2 s", cold and -cold, -0.2, "{:.3f} s"),
        ("memory of the cold start", "under 60 MB", peak and -peak, -60, "{:.0f} MB"),
        ("import flott, the interpreter's start included", "under 0.15 s", imported and -imported, -0.15, "{:.3f} s"),
        ("wheel", "under 60 MB", wheel and -wheel / _MB, -60, "{:.1f} MB"),
    ]
    lines = ["| | goal | Flott | |", "|---|---|---|---|"]
    for name, goal, value, least, form in rows:
        if value is not None:
            lines.append(
                f"| {name} | {goal} | **{form.format(abs(value))}** | {'met' if value >= least else 'missed'} |"
            )
    return "\n".join(lines) if len(lines) > 2 else ""


def _throughput(workload: str, measured: _Results, systems: list[System]) -> str:
    lines = [
        f"### {_TITLES[workload]}",
        "",
        "| | records/s | of the bare loop | peak MB | records |",
        "|---|---|---|---|---|",
    ]
    for system in systems:
        runs = measured.of(workload, system.key)
        rate, ratio, peak = (f(workload, system.key) for f in (measured.rate, measured.ratio, measured.peak))
        if rate is None or peak is None:
            continue
        disturbed = " (disturbed)" if min(runs, key=lambda run: run["seconds"])["others"] > _DISTURBED else ""
        share = "" if ratio is None else f"{ratio:.2g}" if ratio < 0.1 else f"{ratio:.{2 if ratio < 2 else 1}f}"
        lines.append(f"| {system.label} | {rate:,.0f}{disturbed} | {share} | {peak:.0f} | {runs[0]['records']:,} |")
    return "\n".join(lines) if len(lines) > 4 else ""


def _cold(measured: _Results, sizes: dict[str, Any], systems: list[System]) -> str:
    lines = [
        f"### {_TITLES['cold']}",
        "",
        "| | start to exit | peak MB | `import` | installed MB |",
        "|---|---|---|---|---|",
    ]
    imports, installed = sizes.get("import", {}), sizes.get("installed", {})
    for system in systems:
        wall, peak = measured.wall(system.key), measured.peak("cold", system.key)
        if wall is None or peak is None:
            continue
        took = f"{imports[system.key]:.3f} s" if system.key in imports else ""
        size = f"{installed[system.key] / _MB:,.0f}" if system.key in installed else ""
        lines.append(f"| {system.label} | {wall:.3f} s | {peak:.0f} | {took} | {size} |")
    if len(lines) == 4:
        return ""
    if "python" in imports:
        lines += ["", f"An interpreter that does nothing takes {imports['python']:.3f} s of each."]
    return "\n".join(lines)


def _lost(measured: _Results, systems: list[System]) -> str:
    """Where Flott is not the first."""
    lines = []
    for workload in _THROUGHPUTS:
        own = measured.rate(workload, "flott")
        for system in systems:
            rate = measured.rate(workload, system.key)
            if own and rate and rate > own:
                lines.append(f"- {_TITLES[workload]}: the {system.label} is {rate / own:.2f} times as fast.")
    own_wall, own_peak = measured.wall("flott"), measured.peak("cold", "flott")
    for system in systems:
        wall, peak = measured.wall(system.key), measured.peak("cold", system.key)
        if own_wall and wall and wall < own_wall:
            lines.append(f"- Cold start: {system.label} is {own_wall / wall:.1f} times as fast.")
        if own_peak and peak and peak < own_peak:
            lines.append(f"- Memory of the cold start: {system.label} takes {peak:.0f} MB, Flott {own_peak:.0f}.")
    if not measured.rate("etl", "flott") and not own_wall:
        return ""
    return "### Lost\n\n" + ("\n".join(lines) or "Nothing in this run.")
