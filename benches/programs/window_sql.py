"""What each user ordered in each minute in Flink SQL: the JVM alone. It runs on PyFlink.

usage: window_sql.py IN OUT PARALLELISM
"""

import sys
import time

from outcome import tell
from pyflink.table import EnvironmentSettings, TableEnvironment

source, out, parallelism = sys.argv[1:]
tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
tables.get_config().set("parallelism.default", parallelism)
tables.get_config().set("table.local-time-zone", "UTC")
tables.execute_sql(
    f"""
    CREATE TABLE orders (
        user_id STRING, total_amount DOUBLE, order_time BIGINT,
        ordered AS TO_TIMESTAMP_LTZ(order_time, 3),
        WATERMARK FOR ordered AS ordered - INTERVAL '5' SECOND
    ) WITH ('connector' = 'filesystem', 'path' = '{source}', 'format' = 'json', 'json.ignore-parse-errors' = 'true')
    """
)
tables.execute_sql(
    f"""
    CREATE TABLE totals (user_id STRING, begins BIGINT, orders BIGINT, total DOUBLE)
    WITH ('connector' = 'filesystem', 'path' = '{out}/windows', 'format' = 'csv')
    """
)
started = time.perf_counter()
tables.execute_sql(
    """
    INSERT INTO totals
    SELECT user_id, UNIX_TIMESTAMP(CAST(window_start AS STRING), 'yyyy-MM-dd HH:mm:ss.SSS') * 1000,
        COUNT(*), SUM(total_amount)
    FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered), INTERVAL '1' MINUTE))
    WHERE user_id IS NOT NULL AND total_amount >= 0
    GROUP BY user_id, window_start, window_end
    """
).wait()
tell(time.perf_counter() - started)
