"""A fast source and a slow function behind an exchange; tells the most that was ever on its way, and the memory."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import leftovers  # noqa: F401  first: it reports at exit

from flott.common import WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource

options: dict[str, Any] = json.loads(sys.argv[1])
SECONDS, SIZE = options["seconds"], options["size"]
made = passed = most = 0


def resident() -> int:
    """Memory of this process in bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def make(number: int) -> bytes:
    global made, most
    made += 1
    most = max(most, made - passed)
    return number.to_bytes(8, "big") * (SIZE // 8)


def slowly(record: bytes) -> bytes:
    global passed
    time.sleep(0.001)
    passed += 1
    return record


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.disable_operator_chaining()
stream = env.from_source(NumberSequenceSource(0, 10_000_000), WatermarkStrategy.no_watermarks(), "numbers")
stream.map(make).map(slowly).filter(lambda record: False).print()
before = resident()
client = env.execute_async("slow")
highest = before
end = time.monotonic() + SECONDS
while time.monotonic() < end:
    time.sleep(0.05)
    highest = max(highest, resident())
client.cancel().result()
print(json.dumps({"made": made, "passed": passed, "most": most, "grown": highest - before}))
