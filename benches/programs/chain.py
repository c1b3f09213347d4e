"""Three Python functions in a chain, a PyFlink program. usage: chain.py COUNT [OPTION=VALUE …]"""

import sys

from chain_functions import Total, charge, order
from outcome import run

from flott.common import Configuration, Types, WatermarkStrategy
from flott.datastream import FlatMapFunction, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource

count, *options = sys.argv[1:]


class Sum(Total, FlatMapFunction):
    """The same as a function of Flink's."""


configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)

numbers = env.from_source(
    NumberSequenceSource(1, int(count)), WatermarkStrategy.no_watermarks(), "numbers", type_info=Types.LONG()
)
numbers.map(order).map(charge).flat_map(Sum(int(count)), output_type=Types.STRING()).print()
run(env)
