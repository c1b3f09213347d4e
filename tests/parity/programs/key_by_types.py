"""key_by with and without a type for the key: what get_current_key gives.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, KeySelector, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class ShowKey(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value!r} by {ctx.get_current_key()!r}"


class Both(KeySelector):
    def get_key(self, value):
        return value[0], value[1]


pairs = env.from_collection([("a", 1), ("b", 2), ("a", 1)], type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
tuple_type = Types.TUPLE([Types.STRING(), Types.INT()])
for name, keyed in (
    ("string", pairs.key_by(lambda pair: pair[0], key_type=Types.STRING())),
    ("int", pairs.key_by(lambda pair: pair[1], key_type=Types.INT())),
    ("long", pairs.key_by(lambda pair: pair[1] * 2**40, key_type=Types.LONG())),
    ("tuple", pairs.key_by(Both(), key_type=tuple_type)),
    ("row", pairs.key_by(lambda pair: Row(pair[1]), key_type=Types.ROW([Types.INT()]))),
    ("named", pairs.key_by(lambda pair: Row(n=pair[1]), key_type=Types.ROW_NAMED(["n"], [Types.INT()]))),
    ("untyped", pairs.key_by(lambda pair: pair[0])),
    ("untyped_tuple", pairs.key_by(Both())),
    ("again", pairs.key_by(lambda pair: pair[0]).key_by(lambda pair: pair[1])),
):
    keyed.process(ShowKey(), output_type=Types.STRING()).print(name)
env.execute("keys")
