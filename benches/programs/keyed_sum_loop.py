"""Sums by key in a bare loop: no engine. usage: keyed_sum_loop.py COUNT BATCH|STREAMING"""

import sys
import time
from array import array

from keyed_numbers import FACTOR, KEYS, VALUES, tell_sums


def main(count: int, rolling: bool) -> None:
    keys = array("q", (n * FACTOR % KEYS for n in range(count)))
    values = array("q", (n % VALUES for n in range(count)))
    sums: dict[int, int] = {}
    results = array("q")
    started = time.perf_counter()
    if rolling:
        for key, value in zip(keys, values, strict=True):
            total = sums[key] = sums.get(key, 0) + value
            results.append(total)
    else:
        for key, value in zip(keys, values, strict=True):
            sums[key] = sums.get(key, 0) + value
    seconds = time.perf_counter() - started
    tell_sums(seconds, sums.keys(), sums.values(), len(results) if rolling else len(sums))


main(int(sys.argv[1]), sys.argv[2] == "STREAMING")
