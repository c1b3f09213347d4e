"""None where a field may be null, and as a whole record."""

from datetime import date
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

SIMPLE = [
    Types.STRING(), Types.BOOLEAN(), Types.BYTE(), Types.SHORT(), Types.INT(), Types.LONG(), Types.FLOAT(),
    Types.DOUBLE(), Types.BIG_DEC(), Types.SQL_DATE(), Types.SQL_TIME(), Types.SQL_TIMESTAMP(), Types.LIST(Types.INT()),
    Types.MAP(Types.STRING(), Types.INT()), Types.ROW([Types.INT()]), Types.PRIMITIVE_ARRAY(Types.BYTE()),
    Types.PICKLED_BYTE_ARRAY(),
]  # fmt: skip
CASES = [(Types.ROW([type_info, Types.INT()]), Row(None, 1)) for type_info in SIMPLE]
CASES += [
    (Types.ROW([Types.BIG_DEC(), Types.SQL_DATE()]), Row(Decimal("1.0"), None)),
    (Types.ROW([Types.BIG_DEC(), Types.SQL_DATE()]), Row(None, date(2024, 1, 2))),
    (Types.ROW([Types.ROW([Types.INT(), Types.STRING()])]), Row(Row(None, None))),
    (Types.ROW([Types.INT()] * 10), Row(*[None, 1] * 5)),
]  # fmt: skip
for number, (type_info, value) in enumerate(CASES):
    stream = env.from_collection([0]).map(lambda _, value=value: value, output_type=type_info)
    # an exchange, so that the value is sent as its type says
    stream.rebalance().map(lambda value: repr(value), output_type=Types.STRING()).print(f"case{number}")
    env.execute(f"case {number}")
