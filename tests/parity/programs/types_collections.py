"""Lists, maps and arrays of declared types, as the next function gets them."""

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()

CASES = [
    (Types.LIST(Types.INT()), [1, 2]), (Types.LIST(Types.INT()), []),
    (Types.LIST(Types.LIST(Types.STRING())), [["a"], []]), (Types.MAP(Types.STRING(), Types.INT()), {"a": 1, "b": 2}),
    (Types.MAP(Types.STRING(), Types.INT()), {}), (Types.MAP(Types.INT(), Types.LIST(Types.DOUBLE())), {1: [0.5]}),
    (Types.MAP(Types.STRING(), Types.MAP(Types.STRING(), Types.BOOLEAN())), {"a": {"b": True}}),
    (Types.MAP(Types.STRING(), Types.INT()), {"a": None}),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"\x00\xff"), (Types.PRIMITIVE_ARRAY(Types.BYTE()), bytearray(b"ab")),
    (Types.PRIMITIVE_ARRAY(Types.INT()), [1, 2]), (Types.PRIMITIVE_ARRAY(Types.DOUBLE()), [0.5]),
    (Types.PRIMITIVE_ARRAY(Types.LONG()), []), (Types.PRIMITIVE_ARRAY(Types.BOOLEAN()), [True, False]),
    (Types.BASIC_ARRAY(Types.STRING()), ["a", None]), (Types.BASIC_ARRAY(Types.LONG()), [1, 2**40]),
    (Types.OBJECT_ARRAY(Types.STRING()), ["a"]), (Types.OBJECT_ARRAY(Types.ROW([Types.INT()])), [Row(1), Row(2)]),
    (Types.ROW([Types.LIST(Types.INT()), Types.BASIC_ARRAY(Types.STRING())]), Row([1], ["x"])),
]  # fmt: skip
for number, (type_info, value) in enumerate(CASES):
    stream = env.from_collection([0]).map(lambda _, value=value: value, output_type=type_info)
    # an exchange, so that the value is sent as its type says
    stream.rebalance().map(lambda value: repr(value), output_type=Types.STRING()).print(f"case{number}")
    env.execute(f"case {number}")
