"""Runs PyFlink programs on Flott with crashes: ``python crashing.py program.py …``, one process for all of them.

Each runs without a crash first, on the simulated executor, and then under seeds: checkpoints, a crash or two, each
restored at another parallelism where the program leaves that open. A line of JSON a run says what it printed, and of
each job whether it went on from a checkpoint in the middle of its input.
"""

from __future__ import annotations

import io
import json
import re
import runpy
import sys
import time
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from flott import install_as_pyflink
from flott.datastream._defaults import SETTINGS
from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
from flott.testing._crashes import Plan, records_of_sources, start_crashing

#: At least two, and as many as it takes until each job has gone on in the middle of its input.
SEEDS = range(1, 61)
#: When a simulated job starts, in ms.
NOW = 1_700_000_000_000


class Run:
    """A program under a seed: 0 for none, others for that many crashes of each job that has run before."""

    def __init__(self, program: Path, seed: int, calm: Run | None) -> None:
        self.program, self.seed, self.calm = program, seed, calm
        leaves_open = re.search(r"\benv\.set_parallelism\(", program.read_text(encoding="utf-8")) is None
        self.parallelism = [1, 2, 3] if leaves_open else []
        #: Of each job, in order: of its last start the steps and the records its sources emitted.
        self.jobs: list[tuple[int, int]] = []
        #: Of each job whether it went on in the middle; None where it has too few records to have one.
        self.middle: list[bool | None] = []
        self.starts: list[str] = []
        self.spread = False
        self.output = ""
        self.error: str | None = None

    def start(self, env: StreamExecutionEnvironment, job_name: str | None = None) -> Any:
        """In the place of ``StreamExecutionEnvironment._start``."""
        number = len(self.jobs)
        known = self.calm.jobs[number] if self.calm is not None and number < len(self.calm.jobs) else None
        own = [env.get_parallelism()]
        job, starts = start_crashing(
            env,
            job_name,
            Plan(
                seed=self.seed,
                crashes=0 if known is None else 1 + self.seed % 2,
                # a small source has been read long before the job is over: crashes come early, too
                steps=100 if known is None else known[0] // (1, 1, 1, 2)[self.seed % 4],
                parallelism=own if known is None else self.parallelism or own,
                batch_sizes=[1] if known is None else [1, 2, 3],
                now=NOW,
            ),
        )
        records = records_of_sources(job)
        self.jobs.append((starts[-1].steps, records))
        middle = known is not None and starts[-1].checkpoint is not None and 0 < records < known[1]
        # a job that fails on purpose has no end that it could reach
        fails = starts[-1].end == "failed"
        self.middle.append(None if fails or (records if known is None else known[1]) < 4 else middle)
        self.starts += [f"job {number + 1}, {start}" for start in starts]
        self.spread = self.spread or (known is not None and any(start.parallelism > 1 for start in starts))
        return job

    def perform(self) -> Run:
        SETTINGS.clear()
        StreamExecutionEnvironment._start = lambda env, job_name=None: self.start(env, job_name)  # type: ignore
        with redirect_stdout(io.StringIO()) as output:
            try:
                runpy.run_path(str(self.program), run_name="__main__")
            except BaseException:
                self.error = traceback.format_exc()
        self.output = output.getvalue()
        return self

    def tell(self) -> None:
        names = ("seed", "output", "error", "middle", "starts", "spread")
        told = {name: getattr(self, name) for name in names}
        print(json.dumps({"program": self.program.stem, **told}), flush=True)


def main(programs: list[Path]) -> None:
    install_as_pyflink()
    # a simulated job has a clock of its own, which nobody waits for
    time.sleep = lambda seconds: None
    for program in programs:
        calm = Run(program, 0, None).perform()
        calm.tell()
        reached = [middle is None for middle in calm.middle]
        for seed in SEEDS:
            run = Run(program, seed, calm).perform()
            run.tell()
            reached = [before or now is not False for before, now in zip(reached, run.middle)]
            if all(reached) and seed >= 2:
                break


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
