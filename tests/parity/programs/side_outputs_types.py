"""Tags of many types, and one without a type: what the next function sees of each.

compare: lines in any order, without subtasks
"""

from datetime import date
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
VALUES = [
    (OutputTag("string", Types.STRING()), "text"),
    (OutputTag("long", Types.LONG()), 2**40),
    (OutputTag("double", Types.DOUBLE()), 1.5),
    (OutputTag("decimal", Types.BIG_DEC()), Decimal("1.50")),
    (OutputTag("date", Types.SQL_DATE()), date(2024, 2, 29)),
    (OutputTag("list", Types.LIST(Types.INT())), [1, 2]),
    (OutputTag("map", Types.MAP(Types.STRING(), Types.INT())), {"a": 1}),
    (OutputTag("tuple", Types.TUPLE([Types.INT(), Types.STRING()])), (1, "a")),
    (OutputTag("row", Types.ROW([Types.INT(), Types.STRING()])), Row(1, None)),
    (OutputTag("named", Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])), Row(id=1, name="a")),
    (OutputTag("untyped"), {"any": {1}, "row": Row(1)}),
]


class Emit(ProcessFunction):
    def process_element(self, value, ctx):
        yield from VALUES
        yield "main"


emitted = env.from_collection([0], type_info=Types.INT()).process(Emit(), output_type=Types.STRING())
emitted.print("main")
for tag, _ in VALUES:
    emitted.get_side_output(tag).map(lambda value: repr(value), output_type=Types.STRING()).print(tag.tag_id)
env.execute("typed tags")
