"""Rows and tuples of declared types, as the next function gets them: names come from the type."""

from pyflink.common import Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

plain, named = Types.ROW([Types.INT(), Types.STRING()]), Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])
CASES = [
    (plain, Row(1, "a")), (plain, Row(None, None)), (named, Row(1, "a")),
    (named, Row(id=1, name="a")), (named, Row(name="a", id=1)), (named, Row(id=None, name=None)),
    (named, Row.of_kind(RowKind.DELETE, 1, "a")), (plain, Row.of_kind(RowKind.UPDATE_AFTER, 1, "a")),
    (Types.ROW([plain, named]), Row(Row(1, "a"), Row(2, "b"))),
    (Types.ROW_NAMED(["inner"], [named]), Row(inner=Row(id=1, name="a"))),
    (Types.TUPLE([Types.INT(), Types.STRING()]), (1, "a")), (Types.TUPLE([plain, Types.INT()]), (Row(1, "a"), 5)),
    (Types.TUPLE([Types.INT(), Types.TUPLE([Types.STRING(), Types.DOUBLE()])]), (1, ("a", 0.5))),
    (Types.LIST(named), [Row(1, "a"), Row(2, None)]),
    (Types.MAP(Types.STRING(), plain), {"k": Row(1, "a")}), (Types.ROW([Types.PICKLED_BYTE_ARRAY()]), Row({1, 2})),
]  # fmt: skip
for number, (type_info, value) in enumerate(CASES):
    stream = env.from_collection([0]).map(lambda _, value=value: value, output_type=type_info)
    # an exchange, so that the value is sent as its type says
    stream.rebalance().map(lambda value: repr(value), output_type=Types.STRING()).print(f"case{number}")
    env.execute(f"case {number}")
