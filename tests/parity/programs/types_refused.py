"""Values that don't fit the declared type end the job."""

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

CASES = [
    (Types.INT(), "1"),
    (Types.INT(), 2**40),
    (Types.STRING(), 5),
    (Types.MAP(Types.STRING(), Types.INT()), ["a", 1]),
    (Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()]), Row(id=1, other="a")),
]
for type_info, value in CASES:
    stream = env.from_collection([0]).map(lambda _, value=value: value, output_type=type_info)
    stream.rebalance().map(lambda value: repr(value), output_type=Types.STRING()).print()
    try:
        env.execute()
        print(type_info, repr(value), "passes")
    except Exception:
        print(type_info, repr(value), "refused")
