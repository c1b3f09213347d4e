"""What each user ordered in each minute as a group-by of polars over the whole file, which must hold JSON only.

usage: window_polars.py IN OUT THREADS
"""

import os
import sys
import time

import polars
from outcome import tell

source, out, threads = sys.argv[1:]
assert polars.thread_pool_size() == int(threads)
if os.path.isdir(source):
    source += "/*.jsonl"
started = time.perf_counter()
os.makedirs(f"{out}/windows")
types = {"user_id": polars.String, "total_amount": polars.Float64, "order_time": polars.Int64}
orders = polars.scan_ndjson(source, schema=types, ignore_errors=True).filter(
    polars.col("user_id").is_not_null() & (polars.col("total_amount") >= 0)
)
totals = orders.group_by("user_id", polars.col("order_time") // 60_000 * 60_000).agg(
    polars.len().alias("orders"), polars.col("total_amount").sum()
)
totals.collect(engine="streaming").write_csv(f"{out}/windows/part", include_header=False)
tell(time.perf_counter() - started)
