"""Windows of numbers in columns: of a second, or of 10,000 seconds, one beginning each second (beyond PyFlink).

usage: sliding.py COUNT tumbling|sliding
"""

import json
import sys
import time

from outcome import tell

from flott._flott import gate_entries
from flott.common import Time, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows
from flott.table.expressions import col, lit

KEYS = 8

count, kind = int(sys.argv[1]), sys.argv[2]
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = NumberSequenceSource(0, count - 1)
numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
table = numbers.select((col("value") % KEYS).alias("k"), col("value").alias("at")).execute_and_collect_arrow()

times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("at"))
windows = TumblingEventTimeWindows.of(Time.seconds(1))
if kind == "sliding":
    windows = SlidingEventTimeWindows.of(Time.seconds(10_000), Time.seconds(1))
keyed = env.from_arrow(table).assign_timestamps_and_watermarks(times).key_by("k")
totals = keyed.window(windows).aggregate(lit(1).count.alias("records"), col("at").sum.alias("total"))
tasks = {node["task"] for node in json.loads(env.get_execution_plan())["nodes"]}
before, started = gate_entries(), time.perf_counter()
result = totals.execute_and_collect_arrow()
seconds, entries = time.perf_counter() - started, gate_entries() - before
records = sum(result.column("records"))
tell(seconds, results=len(result), records=records, tasks=len(tasks), gate_entries=entries)
