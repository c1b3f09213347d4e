"""What a state gives back of values of each declared type."""

from datetime import date, datetime, time
from decimal import Decimal

from pyflink.common import Instant, Row, Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
VALUES = [
    (Types.STRING(), "naïve 😀"),
    (Types.BOOLEAN(), True),
    (Types.BYTE(), -128),
    (Types.SHORT(), 32767),
    (Types.INT(), -7),
    (Types.LONG(), 2**62),
    (Types.FLOAT(), 0.25),
    (Types.DOUBLE(), 0.1),
    (Types.BIG_INT(), 2**62 + 1),
    (Types.BIG_DEC(), Decimal("12345678901234567890.10")),
    (Types.SQL_DATE(), date(2024, 2, 29)),
    (Types.SQL_TIME(), time(1, 2, 3)),
    (Types.SQL_TIMESTAMP(), datetime(2024, 2, 29, 1, 2, 3, 4000)),
    (Types.INSTANT(), Instant(5, 6_000_000)),
    (Types.PICKLED_BYTE_ARRAY(), {"any": [object, {1}]}),
    (Types.ROW([Types.INT(), Types.STRING()]), Row(f0=1, f1=None)),
    (Types.ROW_NAMED(["id", "at"], [Types.INT(), Types.SQL_DATE()]), Row(id=1, at=date(1969, 12, 31))),
    (Types.TUPLE([Types.STRING(), Types.ROW([Types.INT()])]), ("a", Row(f0=1))),
    (Types.LIST(Types.DOUBLE()), [1.5, 2.0]),
    (Types.MAP(Types.STRING(), Types.LIST(Types.INT())), {"a": [1, 2], "b": []}),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"\x00\xff"),
    (Types.PRIMITIVE_ARRAY(Types.INT()), [1, 2]),
    (Types.BASIC_ARRAY(Types.LONG()), [1, 2]),
    (Types.OBJECT_ARRAY(Types.STRING()), ["a", "b"]),
]


class Keep(KeyedProcessFunction):
    def open(self, runtime_context):
        self.values = [
            runtime_context.get_state(ValueStateDescriptor(f"value {i}", type_info))
            for i, (type_info, _) in enumerate(VALUES)
        ]
        self.lists = [
            runtime_context.get_list_state(ListStateDescriptor(f"list {i}", type_info))
            for i, (type_info, _) in enumerate(VALUES)
        ]
        self.maps = [
            runtime_context.get_map_state(MapStateDescriptor(f"map {i}", Types.INT(), type_info))
            for i, (type_info, _) in enumerate(VALUES)
        ]

    def process_element(self, value, ctx):
        for i, (_, kept) in enumerate(VALUES):
            if value == "write":
                self.values[i].update(kept)
                self.lists[i].add_all([kept, kept])
                self.maps[i].put(i, kept)
            else:
                yield f"{i} {self.values[i].value()!r} {list(self.lists[i])!r} {self.maps[i].get(i)!r}"


env.from_collection(["write", "read"], type_info=Types.STRING()).key_by(lambda _: 0, key_type=Types.INT()).process(
    Keep(), output_type=Types.STRING()
).print()
env.execute("types in states")
