"""Three trivial steps over integers, a PyFlink program: add one, keep the odd ones, count.

usage: lambdas.py COUNT [OPTION=VALUE …]
"""

import sys

from outcome import run

from flott.common import Configuration, Types, WatermarkStrategy
from flott.datastream import ProcessFunction, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource

count, *options = sys.argv[1:]
last = int(count) + 1  # behind the map; the count is even


class Count(ProcessFunction):
    def open(self, runtime_context):
        self.seen = 0

    def process_element(self, value, ctx):
        self.seen += 1
        return [f"COUNT={self.seen}"] if value == last else None


configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)

numbers = env.from_source(
    NumberSequenceSource(1, int(count)), WatermarkStrategy.no_watermarks(), "numbers", type_info=Types.LONG()
)
odd = numbers.map(lambda n: n + 1, output_type=Types.LONG()).filter(lambda n: n & 1)
odd.process(Count(), output_type=Types.STRING()).print()
run(env)
