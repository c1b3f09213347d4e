"""Flott and its peers on the same work, in one run, with the results compared.

    python benches/run.py --n 100000 --reps 1                      # quick, with the peers that are installed
    python benches/run.py --install --write docs/benchmarks.md     # all of it, into the page

See README.md for what is measured. Ends with 1 if a system's results differ from the others', or Flott did not take its
fast path; a goal that is missed is reported, and is no error.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import report
import sizes
from systems import BENCHES, FLOTT, LOOP, PEERS, System
from workloads import LOOPS, THREADS, Run, Workloads, Wrong

WORKLOADS = (
    "etl",
    "stage2",
    "typed",
    "chain",
    "lambdas",
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
    "cold",
    "size",
)
#: Those over integers, of which there are more.
NUMBERS = ("chain", "lambdas", "tumbling", "sliding", "keyed_sum", "rolling_sum")
#: The whole work would take PyFlink minutes, and a rate needs less.
PYFLINK_SHARE = 5
#: Of the sums it manages some thousand keys a second.
PYFLINK_SHARE_OF_SUMS = 100
#: A start is short, and so it varies; PyFlink's is not.
COLD_REPS = 7


def main() -> int:
    options = _options()
    systems = [LOOP, FLOTT, *_peers(options)]
    earlier = [json.loads(path.read_text()) for path in options.earlier]
    results: dict[str, Any] = {"runs": [], "commands": [["benches/run.py", *sys.argv[1:]]]}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="flott-bench-", dir=options.work) as folder:
        workloads = Workloads(Path(folder))
        for workload in options.only:
            try:
                if workload == "size":
                    results["sizes"] = sizes.measure(systems, options.wheel)
                else:
                    results["runs"] += [asdict(run) for run in _repeat(workload, systems, workloads, options)]
            except Wrong as error:
                wrong.append(f"{workload}: {error}")
                print(f"WRONG {wrong[-1]}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    for each in earlier:
        results["runs"] += each["runs"]
        results["commands"] += each["commands"]
    figures = report.figures(results, systems)
    print(figures)
    if options.write and not wrong:
        report.write(options.write, figures)
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, default=WORKLOADS, help="the workloads to run")
    parser.add_argument("--n", type=int, default=1_000_000, help="orders in the ETL (default: %(default)s)")
    parser.add_argument("--numbers", type=int, help="integers for the lambdas and the sums (default: ten times --n)")
    parser.add_argument("--reps", type=int, default=3, help="runs of each; the fastest counts (default: %(default)s)")
    keys = [system.key for system in PEERS]
    parser.add_argument("--peers", nargs="*", choices=keys, metavar="PEER", help=f"of {', '.join(keys)} (default: all)")
    parser.add_argument("--install", action="store_true", help="install the peers first (500 MB for PyFlink)")
    parser.add_argument("--wheel", type=Path, help="the wheel whose size counts (default: the one in dist/)")
    parser.add_argument("--work", type=Path, help="where to write (default: the system's folder for temporary files)")
    parser.add_argument("--json", type=Path, help="write every single run there")
    parser.add_argument(
        "--earlier", nargs="+", type=Path, default=[], help="what --json wrote of other workloads, for the same page"
    )
    parser.add_argument("--write", type=Path, help="put the figures into that page (docs/benchmarks.md)")
    options = parser.parse_args()
    options.numbers = (options.numbers or 10 * options.n) // 2 * 2
    return options


def _peers(options: argparse.Namespace) -> list[System]:
    wanted = [system for system in PEERS if options.peers is None or system.key in options.peers]
    if options.install:
        subprocess.run([BENCHES / "peers.sh", *sorted({system.peer for system in wanted})], check=True)
    there = [system for system in wanted if system.available()]
    for system in wanted:
        if system not in there:
            print(f"{system.label} is not installed: 'benches/peers.sh {system.peer}' does that", file=sys.stderr)
    return there


def _repeat(workload: str, systems: list[System], workloads: Workloads, options: argparse.Namespace) -> list[Run]:
    """The systems take turns, so that a machine that gets slower does so for all."""
    taking_part = [each for each in systems if workload in each.programs or (workload in LOOPS and each is LOOP)]
    reps = max(options.reps, COLD_REPS) if workload == "cold" else options.reps
    runs = []
    for rep in range(reps):
        for system in taking_part:
            if rep >= options.reps and system.peer == "pyflink":
                continue
            records = options.numbers if workload in NUMBERS else 10 if workload == "cold" else options.n
            if system.peer == "pyflink" and workload not in ("cold", "cep_typed", *THREADS):
                share = PYFLINK_SHARE_OF_SUMS if workload == "keyed_sum" else PYFLINK_SHARE
                records = max(records // share // 2 * 2, 2)
            run = workloads.run(workload, system, records)
            runs.append(run)
            shown = f"{run.wall:.3f} s" if workload == "cold" else f"{records / run.seconds:,.0f} records/s"
            others = f" (others used {run.others:.0%} of the machine)" if run.others > 0.1 else ""
            print(f"{workload} {rep + 1}/{reps} {system.label}: {shown}{others}", file=sys.stderr)
    return runs


if __name__ == "__main__":
    sys.exit(main())
