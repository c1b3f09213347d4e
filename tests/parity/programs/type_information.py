"""Types: how they print, which are equal, and what rows say of their fields."""

from pyflink.common import Types

ALL = [
    Types.STRING(), Types.BYTE(), Types.BOOLEAN(), Types.SHORT(), Types.INT(), Types.LONG(), Types.FLOAT(),
    Types.DOUBLE(), Types.CHAR(), Types.BIG_INT(), Types.BIG_DEC(), Types.INSTANT(), Types.SQL_DATE(),
    Types.SQL_TIME(), Types.SQL_TIMESTAMP(), Types.PICKLED_BYTE_ARRAY(), Types.ROW([Types.INT(), Types.STRING()]),
    Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), Types.TUPLE([Types.INT(), Types.STRING()]),
    Types.LIST(Types.INT()), Types.MAP(Types.STRING(), Types.LIST(Types.INT())), Types.PRIMITIVE_ARRAY(Types.INT()),
    Types.BASIC_ARRAY(Types.INT()), Types.OBJECT_ARRAY(Types.ROW([Types.INT()])),
]  # fmt: skip
for type_info in ALL:
    print(str(type_info), type(type_info).__name__)
print([[i for i, other in enumerate(ALL) if other == type_info] for type_info in ALL])
named = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.ROW_NAMED(["c"], [Types.LONG()])])
print(named.get_field_names(), named.get_field_types(), named.get_field_index("b"))
print(Types.ROW([Types.INT(), Types.STRING()]).get_field_names(), Types.TUPLE([Types.INT()]).get_field_types())
print(Types.ROW([Types.INT()]) == Types.ROW([Types.INT()]), Types.ROW([Types.INT()]) == Types.ROW([Types.LONG()]))
print(named == Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.ROW_NAMED(["c"], [Types.LONG()])]))
print(named == Types.ROW_NAMED(["a", "x"], [Types.INT(), Types.ROW_NAMED(["c"], [Types.LONG()])]))
print(Types.LIST(Types.INT()) == Types.LIST(Types.LONG()), Types.SQL_DATE() == Types.SQL_DATE())
try:
    print(Types.PRIMITIVE_ARRAY(Types.STRING()).get_java_type_info())
except Exception as error:
    print(type(error).__name__)
