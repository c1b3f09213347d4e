"""Which keys are the same: without a type, as their bytes say."""

from pyflink.common import Row
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
keys = [
    1,
    True,
    1.0,
    0,
    False,
    None,
    "1",
    (1, "a"),
    (1, "a"),
    [1, 2],
    [1, 2],
    Row(1, "a"),
    Row(1, "a"),
    "1",
    1,
    1.0,
    True,
]
numbered = env.from_collection([(key, 1) for key in keys])
numbered.key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1])).print()
env.execute("keys")
