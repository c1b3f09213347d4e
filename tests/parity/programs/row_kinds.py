"""The kind of a row goes with it through functions, exchanges, a key and a union.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
row_type = Types.ROW_NAMED(["n", "text"], [Types.INT(), Types.STRING()])
numbers = env.from_collection([0, 1, 2, 3, 4], type_info=Types.INT())
rows = numbers.map(lambda n: Row.of_kind(list(RowKind)[n % 4], n, str(n)), output_type=row_type)
for name, stream in (
    ("plain", rows),
    ("filter", rows.filter(lambda row: row[0] > 1)),
    ("rebalance", rows.rebalance().map(lambda row: row, output_type=row_type)),
    (
        "kind",
        rows.map(lambda row: f"{row[0]} {row.get_row_kind()} {row.get_row_kind().name}", output_type=Types.STRING()),
    ),
    ("changed", rows.map(lambda row: Row.of_kind(RowKind.UPDATE_BEFORE, *row), output_type=row_type)),
    ("new", rows.map(lambda row: Row(*row), output_type=row_type)),
    ("keyed", rows.key_by(lambda row: row[0], key_type=Types.INT()).map(lambda row: row, output_type=row_type)),
    ("union", rows.union(rows)),
    ("untyped", rows.map(lambda row: row)),
):
    stream.print(name)
env.execute("kinds")
