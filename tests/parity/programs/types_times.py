"""Dates, times and moments of declared types, as the next function gets them."""

from datetime import date, datetime, time

from pyflink.common import Instant, Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

CASES = [
    (Types.SQL_DATE(), date(2024, 2, 29)), (Types.SQL_DATE(), date(1, 1, 1)), (Types.SQL_DATE(), date(1969, 12, 31)),
    (Types.SQL_TIME(), time(23, 59, 59)), (Types.SQL_TIME(), time(0, 0, 0)), (Types.SQL_TIME(), time(1, 2, 3, 4000)),
    (Types.SQL_TIMESTAMP(), datetime(2024, 2, 29, 12, 30, 15)),
    (Types.SQL_TIMESTAMP(), datetime(2038, 1, 18, 3, 14, 8, 500000)),
    (Types.INSTANT(), Instant(0, 0)), (Types.INSTANT(), Instant(1709209815, 123456789)),
    (Types.INSTANT(), Instant(-1, 5)),
    (Types.ROW([Types.SQL_DATE(), Types.SQL_TIME()]), Row(date(2024, 1, 2), time(3, 4, 5))),
    (Types.LIST(Types.SQL_DATE()), [date(2024, 1, 2), date(2023, 1, 2)]),
    (Types.TUPLE([Types.INSTANT()]), (Instant(1, 2),)),
    (Types.SQL_DATE(), datetime(2024, 2, 29, 12, 30)),
]  # fmt: skip
for number, (type_info, value) in enumerate(CASES):
    stream = env.from_collection([0]).map(lambda _, value=value: value, output_type=type_info)
    # an exchange, so that the value is sent as its type says
    stream.rebalance().map(lambda value: repr(value), output_type=Types.STRING()).print(f"case{number}")
    env.execute(f"case {number}")
