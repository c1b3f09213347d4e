"""What each user ordered in each minute as a group-by of DuckDB over the whole file.

usage: window_duckdb.py IN OUT THREADS
"""

import os
import sys
import time

import duckdb
from outcome import tell

source, out, threads = sys.argv[1:]
if os.path.isdir(source):
    source += "/*.jsonl"
started = time.perf_counter()
os.makedirs(f"{out}/windows")
duckdb.sql(f"SET threads = {threads}")
duckdb.sql(
    f"""
    COPY (
        SELECT user_id, order_time // 60000 * 60000 AS start, count(*), sum(total_amount)
        FROM read_json(
            '{source}',
            format = 'newline_delimited',
            ignore_errors = true,
            columns = {{user_id: 'VARCHAR', total_amount: 'DOUBLE', order_time: 'BIGINT'}}
        )
        WHERE user_id IS NOT NULL AND total_amount >= 0
        GROUP BY ALL
    ) TO '{out}/windows/part' (HEADER false, FORMAT csv)
    """
)
tell(time.perf_counter() - started)
