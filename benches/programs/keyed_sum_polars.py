"""Sums by key as a group-by of polars on one thread. usage: keyed_sum_polars.py COUNT BATCH"""

import sys
import time

import polars
from keyed_numbers import FACTOR, KEYS, VALUES, tell_sums

assert polars.thread_pool_size() == 1
n = polars.int_range(int(sys.argv[1]), eager=True)
table = polars.DataFrame({"k": n * FACTOR % KEYS, "v": n % VALUES})
started = time.perf_counter()
result = table.group_by("k").agg(polars.col("v").sum())
seconds = time.perf_counter() - started
tell_sums(seconds, result["k"].to_list(), result["v"].to_list(), len(result))
