"""Which keys are the same: without a type, as their bytes say. (Not one behind the other: see docs/divergences.md.)"""

from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
round_of_keys = [1, "1", True, (1, "a"), 1.0, [1, 2], 0, None, False, (1, 2), b"1", 2**70]
numbered = env.from_collection([(key, 1) for key in round_of_keys + round_of_keys])
numbered.key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1])).print()
env.execute("keys")
