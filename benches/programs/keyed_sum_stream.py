"""Sums by key, a PyFlink program. usage: keyed_sum_stream.py COUNT MODE [OPTION=VALUE …]

It runs in STREAMING mode whatever is asked for: in BATCH mode PyFlink sets a timer for each key, and takes minutes for
100,000 records. Every record has its result then, and the last one of each key counts.
"""

import sys
import time

from keyed_numbers import FACTOR, KEYS, VALUES, tell_sums

from flott.common import Configuration, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource

count, _, *options = sys.argv[1:]
configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
pair = Types.TUPLE([Types.LONG(), Types.LONG()])
numbers = env.from_source(
    NumberSequenceSource(0, int(count) - 1), WatermarkStrategy.no_watermarks(), "numbers", type_info=Types.LONG()
)
pairs = numbers.map(lambda n: (n * FACTOR % KEYS, n % VALUES), output_type=pair)
sums = pairs.key_by(lambda record: record[0], key_type=Types.LONG()).sum(1)
started = time.perf_counter()
with sums.execute_and_collect() as results:
    last = dict(results)
tell_sums(time.perf_counter() - started, last.keys(), last.values(), len(last))
