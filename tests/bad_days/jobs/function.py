"""A user's function that raises, sleeps or never comes back. What varies comes as JSON in the first argument."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import leftovers  # noqa: F401  first: it reports at exit

from flott.datastream import StreamExecutionEnvironment

options: dict[str, Any] = json.loads(sys.argv[1])


def started() -> None:
    print("started", flush=True)


def sleep(number: int) -> int:
    started()
    time.sleep(options["seconds"])
    return number


def spin(number: int) -> int:
    started()
    while True:
        number += 1


FUNCTIONS = {"sleep": sleep, "spin": spin}

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(options.get("parallelism", 1))
numbers = env.from_collection(list(range(1, 101)))
if options["function"] == "raise":
    inverse = numbers.rebalance().map(lambda number: 1 / (number - 42))
    inverse.name("inverse").print()
else:
    numbers.map(FUNCTIONS[options["function"]]).print()
env.execute("function")
