"""A pattern that repeats, over one hot key: what it keeps is bounded by its time, however long the stream.

usage: cep_hot_key.py NUMBERS

Each number is its own time in ms. One number in four may repeat, one in a hundred ends a match, and a match takes less
than 40 ms. Prints how many matches there were, and the memory of the process after each tenth of the numbers, in MB.
"""

import os
import sys
from threading import Thread
from time import sleep

from outcome import run

from flott.cep import CEP, Pattern
from flott.common import Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.functions import ProcessFunction
from flott.table.expressions import col, lit

MEMORY = []
PAGE = os.sysconf("SC_PAGE_SIZE")


class Count(ProcessFunction):
    def open(self, runtime_context):
        self.count = 0

    def process_element(self, value, ctx):
        self.count += 1

    def close(self):
        print(f"COUNT={self.count}", flush=True)


def watch():
    while True:
        with open("/proc/self/statm") as statm:
            MEMORY.append(int(statm.read().split()[1]) * PAGE // 1_000_000)
        sleep(0.05)


count = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(col("n"))
numbers = (
    env.from_source(NumberSequenceSource(0, count - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    .select(col("value").alias("n"), lit(1).alias("key"))
    .assign_timestamps_and_watermarks(times)
    .key_by("key")
)
pattern = (
    Pattern.begin("repeated")
    .where(col("n") % 4 == 0)
    .one_or_more()
    .followed_by_any("end")
    .where(col("n") % 100 == 7)
    .within(40)
)
CEP.pattern(numbers, pattern).select(lambda match: 1).process(Count())
Thread(target=watch, daemon=True).start()
run(env)
tenths = [MEMORY[(len(MEMORY) - 1) * tenth // 10] for tenth in range(1, 11)]
print("MEMORY", *tenths, flush=True)
