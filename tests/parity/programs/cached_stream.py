"""A cached stream gives its records to every job that reads it.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
squares = env.from_collection([1, 2, 3, 4], type_info=Types.INT()).map(lambda n: n * n, output_type=Types.INT())
cached = squares.cache()
print(type(cached).__name__, cached.get_type())
for _ in range(2):
    with cached.execute_and_collect() as results:
        print(sorted(results))
with cached.filter(lambda n: n > 4).execute_and_collect() as results:
    print(sorted(results))
cached.map(lambda n: n + 1, output_type=Types.INT()).print("again")
cached.key_by(lambda n: n % 2, key_type=Types.INT()).reduce(lambda a, b: a + b).print("sums")
env.execute("from the cache")
