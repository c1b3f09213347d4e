"""What a program can ask about its streams, types and jobs."""

from pyflink.common import Configuration, Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

config = Configuration()
config.set_string("pipeline.name", "from the configuration")
config.set_integer("parallelism.default", 3)
env = StreamExecutionEnvironment.get_execution_environment(config)
print(env.get_parallelism(), env.get_max_parallelism(), env.is_chaining_enabled(), env.get_buffer_timeout())
env.configure(config)
env.set_parallelism(2).set_max_parallelism(16).set_buffer_timeout(10)
print(env.get_parallelism(), env.get_max_parallelism(), env.get_buffer_timeout())
print(env.disable_operator_chaining().is_chaining_enabled())

stream = env.from_collection([(1, "a")], type_info=Types.TUPLE([Types.INT(), Types.STRING()]))
print(stream.get_name(), "|", stream.get_type())
for made in (
    stream.map(lambda t: t),
    stream.map(lambda t: t[0], output_type=Types.INT()),
    stream.flat_map(lambda t: [t]),
    stream.filter(lambda t: True),
    stream.project(1, 0),
    stream.map(lambda t: t).name("named").uid("u1").set_parallelism(1),
):
    print(made.get_name(), "|", made.get_type())
print(stream.key_by(lambda t: t[0]).reduce(lambda a, b: a).get_name())
for row in (Row(1, "a"), Row(id=1, name="a"), Row("id", "name")(1, 2), Row.of_kind(RowKind.UPDATE_AFTER, 1)):
    print(repr(row), str(row.get_row_kind()), len(row), list(row))
for type_info in (
    Types.STRING(), Types.INT(), Types.BIG_DEC(), Types.SQL_DATE(), Types.INSTANT(), Types.PICKLED_BYTE_ARRAY(),
    Types.ROW([Types.INT()]), Types.ROW_NAMED(["a"], [Types.INT()]), Types.TUPLE([Types.LONG(), Types.CHAR()]),
    Types.LIST(Types.INT()), Types.MAP(Types.STRING(), Types.INT()), Types.PRIMITIVE_ARRAY(Types.BYTE()),
    Types.BASIC_ARRAY(Types.INT()), Types.OBJECT_ARRAY(Types.STRING()),
):  # fmt: skip
    print(type_info)
env.set_parallelism(1)
print(env.from_collection([1, 2, 3]).map(lambda x: x + 1).execute_and_collect(limit=2))
