"""When a job is over, however it ended, none of its threads is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")

PROGRAM = """
import os
import time
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.common import WatermarkStrategy

def threads():
    return len(os.listdir("/proc/self/task"))

def numbers(until):
    source = NumberSequenceSource(1, until)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)
while_running = []

def look(n):
    while_running.append(threads())
    return n

before = threads()
{ending}
ends = time.monotonic() + 5
while threads() != before and time.monotonic() < ends:
    pass  # a thread that was joined is listed until the system has cleared it away
assert threads() == before, f"{{before}} threads before the job, {{threads()}} after it"
assert max(while_running) > before, "the job ran without threads: nothing was tested"
"""

ENDINGS = {
    "finished": "numbers(10).map(look).print(); env.execute()",
    "failed": """
numbers(10).map(look).map(lambda n: n / 0).print()
try:
    env.execute()
except ZeroDivisionError:
    pass
""",
    "closed early": """
with numbers(10_000_000).map(look).execute_and_collect() as results:
    next(results)
""",
    "cancelled": """
numbers(10_000_000).map(look).filter(lambda n: False).print()
client = env.execute_async()
while not while_running:
    pass
client.cancel().result()
""",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_thread_is_left(ending: str) -> None:
    program = PROGRAM.format(ending=ENDINGS[ending])
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
