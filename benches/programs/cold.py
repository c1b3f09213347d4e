"""Ten records, a PyFlink program."""

import sys

from flott.common import Configuration, Types
from flott.datastream import StreamExecutionEnvironment

configuration = Configuration()
for option in sys.argv[1:]:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
env.from_collection(list(range(10)), Types.LONG()).map(lambda n: n + 1, output_type=Types.LONG()).print()
env.execute("ten records")
