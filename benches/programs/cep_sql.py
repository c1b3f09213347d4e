"""Three rising orders of a user within a minute in Flink SQL: the JVM alone. It runs on PyFlink.

usage: cep_sql.py IN OUT
"""

import sys
import time

from outcome import tell
from pyflink.table import EnvironmentSettings, TableEnvironment

source, out = sys.argv[1:]
tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
tables.get_config().set("parallelism.default", "1")
tables.execute_sql(
    f"""
    CREATE TABLE orders (
        user_id STRING, order_id STRING, total_amount DOUBLE, order_time BIGINT,
        ordered AS TO_TIMESTAMP_LTZ(order_time, 3),
        WATERMARK FOR ordered AS ordered - INTERVAL '5' SECOND
    ) WITH ('connector' = 'filesystem', 'path' = '{source}', 'format' = 'json', 'json.ignore-parse-errors' = 'true')
    """
)
tables.execute_sql(
    f"""
    CREATE TABLE found (user_id STRING, a STRING, b STRING, c STRING)
    WITH ('connector' = 'filesystem', 'path' = '{out}/matches', 'format' = 'csv')
    """
)
started = time.perf_counter()
tables.execute_sql(
    """
    INSERT INTO found
    SELECT user_id, a_id, b_id, c_id
    FROM (SELECT user_id, order_id, total_amount, ordered FROM orders WHERE user_id IS NOT NULL AND total_amount >= 0)
    MATCH_RECOGNIZE (
        PARTITION BY user_id ORDER BY ordered
        MEASURES A.order_id AS a_id, B.order_id AS b_id, C.order_id AS c_id
        ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
        PATTERN (A B C) WITHIN INTERVAL '1' MINUTE
        DEFINE B AS B.total_amount > A.total_amount, C AS C.total_amount > B.total_amount
    )
    """
).wait()
tell(time.perf_counter() - started)
