"""Numbers, booleans and texts of declared types, as the next function gets them."""

from decimal import Decimal

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

CASES = [
    (Types.BYTE(), -128), (Types.SHORT(), 32767), (Types.INT(), -(2**31)), (Types.LONG(), 2**63 - 1),
    (Types.INT(), True), (Types.LONG(), False), (Types.FLOAT(), 0.1), (Types.FLOAT(), 3), (Types.DOUBLE(), 3),
    (Types.DOUBLE(), 0.1), (Types.DOUBLE(), float("inf")), (Types.BOOLEAN(), True), (Types.BOOLEAN(), False),
    (Types.STRING(), "naïve 😀"), (Types.STRING(), ""), (Types.BIG_DEC(), Decimal("-1.50")),
    (Types.BIG_DEC(), Decimal("1E+3")), (Types.BIG_DEC(), Decimal("123456789012345678901234567890.12")),
    (Types.BIG_DEC(), 1.5),
    (Types.PICKLED_BYTE_ARRAY(), {1: [None]}),
]  # fmt: skip
for number, (type_info, value) in enumerate(CASES):
    stream = env.from_collection([0]).map(lambda _, value=value: value, output_type=type_info)
    # an exchange, so that the value is sent as its type says
    stream.rebalance().map(lambda value: repr(value), output_type=Types.STRING()).print(f"case{number}")
    env.execute(f"case {number}")
