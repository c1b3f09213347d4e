"""The execution plan; each engine has its own operators, the form is what is compared.

compare: by tests/parity/test_parity.py alone
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
numbers.map(lambda n: n + 1, output_type=Types.INT()).name("plus one").rebalance().filter(lambda n: n > 2).key_by(
    lambda n: n
).reduce(lambda a, b: a + b).name("sum").print()
print(env.get_execution_plan())
