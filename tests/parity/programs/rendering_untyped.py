"""What print() shows for Python objects of a stream without type."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pyflink.common import Row, RowKind
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

named = Row(id=1, name="a")
values = [
    1, -7, 2**70, True, 1.0, 1e10, 1e-7, 0.1, float("inf"), float("nan"), "text", "", "quoted 'x'",
    (1, "a"), (1,), (), [1, 2.5, "x", None], {"k": [1, {"n": None}]}, {"one"}, complex(1, 2),
    Decimal("1.10"), date(2024, 2, 29), time(23, 59, 59, 999000), datetime(2024, 2, 29, 12, 30), timedelta(seconds=90),
    Row(1, "a"), named, Row(), Row(Row(1, None), [Row(x=2)]), Row.of_kind(RowKind.DELETE, 1, "gone"),
]  # fmt: skip
env.from_collection([0]).flat_map(lambda _: values).print()
env.execute("rendering of objects")
