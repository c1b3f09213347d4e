"""What print() shows for values of each declared type; nulls in rows."""

from datetime import date, datetime, time
from decimal import Decimal

from pyflink.common import Instant, Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

CASES = [
    (Types.STRING(), ["text", "", "naïve 😀", "a,b"]),
    (Types.BOOLEAN(), [True, False]),
    (Types.BYTE(), [-128, 127]),
    (Types.SHORT(), [-32768, 32767]),
    (Types.INT(), [-(2**31), 2**31 - 1]),
    (Types.LONG(), [-(2**63), 2**63 - 1]),
    (Types.FLOAT(), [1.0, 0.1, 1e10, 1.5e-5, 3.4028234663852886e38, 16777216.0]),
    (Types.DOUBLE(), [1.0, 0.1, 1e7, 9999999.0, 1e-3, 1e-4, 123456789.125, 5e-324,
                      1.7976931348623157e308, -0.0, float("inf"), float("-inf"), float("nan"), 2.0**63, 100.0]),
    (Types.BIG_DEC(), [Decimal("1.10"), Decimal("-0.000001"), Decimal("12345678901234567890.123")]),
    (Types.SQL_DATE(), [date(2024, 2, 29), date(1969, 12, 31)]),
    (Types.SQL_TIME(), [time(23, 59, 59), time(0, 0, 0)]),
    (Types.SQL_TIMESTAMP(), [datetime(2024, 2, 29, 12, 30), datetime(2024, 2, 29, 12, 30, 15, 123000)]),
    (Types.INSTANT(), [Instant(0, 0), Instant(1709209815, 123000000)]),
    (Types.LIST(Types.LONG()), [[1, 2, 3], []]),
    (Types.MAP(Types.STRING(), Types.INT()), [{"a": 1}, {}]),
    (Types.TUPLE([Types.INT(), Types.STRING()]), [(1, "a"), (2, "")]),
    (Types.ROW([Types.INT(), Types.STRING()]), [Row(1, "a"), Row(2, None), Row.of_kind(RowKind.DELETE, 3, "c")]),
    (Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()]), [Row(id=1, name="a"), Row(id=2, name=None)]),
    (Types.ROW([Types.DOUBLE(), Types.BOOLEAN(), Types.ROW([Types.LONG()]), Types.LIST(Types.DOUBLE())]),
     [Row(1.0, True, Row(f0=7), [0.5, 1e10])]),
    (Types.TUPLE([Types.TUPLE([Types.DOUBLE()]), Types.MAP(Types.STRING(), Types.DOUBLE())]), [((1e9,), {"k": 2.0})]),
    (Types.ROW([Types.SQL_DATE(), Types.SQL_TIME(), Types.SQL_TIMESTAMP(), Types.BIG_DEC()]),
     [Row(date(2024, 2, 29), time(1, 2, 3), datetime(2024, 2, 29, 1, 2, 3, 500000), Decimal("2.50"))]),
]  # fmt: skip
for number, (type_info, values) in enumerate(CASES):
    # a job each, so that the lines come in order
    env.from_collection([0]).flat_map(lambda _, values=values: values, output_type=type_info).print(f"{number:02}")
    env.execute(f"case {number}")
