"""Sums of numbers by key, in columns: the engine alone. Beyond PyFlink's DataStream.

usage: keyed_sum.py COUNT BATCH|STREAMING
"""

import json
import sys
import time

from keyed_numbers import FACTOR, KEYS, VALUES, tell_sums

from flott._flott import gate_entries
from flott.common import Types, WatermarkStrategy
from flott.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.table.expressions import col

count, mode = int(sys.argv[1]), sys.argv[2]
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
n = col("value")
source = NumberSequenceSource(0, count - 1)
numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
table = numbers.select((n * FACTOR % KEYS).alias("k"), (n % VALUES).alias("v")).execute_and_collect_arrow()

env.set_runtime_mode(RuntimeExecutionMode[mode])
sums = env.from_arrow(table).key_by("k").sum("v")
tasks = {node["task"] for node in json.loads(env.get_execution_plan())["nodes"]}
before, started = gate_entries(), time.perf_counter()
result = sums.execute_and_collect_arrow()
seconds, entries = time.perf_counter() - started, gate_entries() - before

# of the results of every record the greatest of a key is its last
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
last = env.from_arrow(result).key_by("k").max("v").execute_and_collect_arrow()
tell_sums(seconds, last.column("k"), last.column("v"), len(result), tasks=len(tasks), gate_entries=entries)
