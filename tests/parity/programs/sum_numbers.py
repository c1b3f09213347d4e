"""Sums of each numeric type: what the sum's type and value are.

compare: lines in any order, without subtasks
"""

from decimal import Decimal

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
CASES = [
    ("short", Types.SHORT(), [100, 200, -5]),
    ("int", Types.INT(), [2**30, 2**29, -1]),
    ("long", Types.LONG(), [2**40, 2**40, 1]),
    ("float", Types.FLOAT(), [0.5, 0.25, 1.0]),
    ("double", Types.DOUBLE(), [0.5, 0.25, 1e10]),
    ("decimal", Types.BIG_DEC(), [Decimal("0.10"), Decimal("2.25")]),
]
for name, number_type, numbers in CASES:
    pairs = env.from_collection([("k", n) for n in numbers], type_info=Types.TUPLE([Types.STRING(), number_type]))
    keyed = pairs.key_by(lambda pair: pair[0], key_type=Types.STRING())
    keyed.sum(1).print(name)
    keyed.max(1).map(lambda pair: repr(pair[1]), output_type=Types.STRING()).print(f"{name}_max")
env.execute("sums of numbers")
