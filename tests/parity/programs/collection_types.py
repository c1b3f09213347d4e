"""Values of a typed collection as the program reads them back."""

from datetime import date, time
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

CASES = [
    ([1, 2**40], Types.LONG()),
    ([1.5, 0.1], Types.DOUBLE()),
    ([1.5, 0.25], Types.FLOAT()),
    (["a", "naïve 😀"], Types.STRING()),
    ([True, False], Types.BOOLEAN()),
    ([{"a": 1.5}], Types.MAP(Types.STRING(), Types.DOUBLE())),
    ([Decimal("1.10")], Types.BIG_DEC()),
    ([date(2024, 2, 29)], Types.SQL_DATE()),
    ([time(23, 59, 59)], Types.SQL_TIME()),
    ([(1, "a"), (2, "b")], Types.TUPLE([Types.INT(), Types.STRING()])),
    ([Row(1, "a"), Row(2, None)], Types.ROW([Types.INT(), Types.STRING()])),
    ([Row(id=1, name="a")], Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])),
    ([(1, "a")], Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])),
    ([Row(Row(1), "a")], Types.ROW([Types.ROW([Types.INT()]), Types.STRING()])),
]  # fmt: skip
for values, type_info in CASES:
    stream = env.from_collection(values, type_info=type_info)
    print(type_info, stream.map(lambda value: repr(value), output_type=Types.STRING()).execute_and_collect(limit=10))
    with env.from_collection(values, type_info=type_info).execute_and_collect() as results:
        print("    collected:", [repr(value) for value in results])
