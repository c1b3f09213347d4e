"""State by keys of each kind: equal keys share it, others don't.

compare: lines in any order, without subtasks
"""

from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Number(KeyedProcessFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.INT()))

    def process_element(self, value, ctx):
        self.seen.update((self.seen.value() or 0) + 1)
        yield f"{ctx.get_current_key()!r} {self.seen.value()}"


KEYS = [
    (Types.STRING(), ["a", "b", "a", "", "naïve 😀", "", "a"]),
    (Types.INT(), [1, 2, 1, -1, 2, 1]),
    (Types.LONG(), [2**40, 2**40 + 1, 2**40]),
    (Types.BOOLEAN(), [True, False, True]),
    (Types.DOUBLE(), [0.5, 0.25, 0.5]),
    (Types.BIG_DEC(), [Decimal("1.5"), Decimal("2.5"), Decimal("1.5")]),
    (Types.TUPLE([Types.STRING(), Types.INT()]), [("a", 1), ("a", 2), ("b", 1), ("a", 1)]),
    (Types.ROW([Types.STRING(), Types.INT()]), [Row("a", 1), Row("a", 2), Row("a", 1)]),
    (Types.ROW_NAMED(["x", "y"], [Types.STRING(), Types.INT()]), [Row(x="a", y=1), Row(x="a", y=2), Row(x="a", y=1)]),
]
for number, (key_type, keys) in enumerate(KEYS):
    pairs = env.from_collection(list(enumerate(keys)))
    pairs.key_by(lambda pair: pair[1], key_type=key_type).process(Number(), output_type=Types.STRING()).print(
        f"keys{number}"
    )
    env.execute(f"keys of type {key_type}")
