"""What is refused while the program is built: the type of the exception."""

from pyflink.common import Types
from pyflink.datastream import (
    CoMapFunction,
    OutputTag,
    ProcessFunction,
    StreamExecutionEnvironment,
)

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection([1, 2], type_info=Types.INT())
pairs = env.from_collection([(1, "a")], type_info=Types.TUPLE([Types.INT(), Types.STRING()]))
keyed = numbers.key_by(lambda n: n)


class Nothing(ProcessFunction):
    def process_element(self, value, ctx):
        return []


class Same(CoMapFunction):
    def map1(self, value):
        return value

    def map2(self, value):
        return value


MISTAKES = {
    "map of a number": lambda: numbers.map(3),
    "flat_map of a text": lambda: numbers.flat_map("x"),
    "filter of nothing": lambda: numbers.filter(None),
    "key_by of a number": lambda: numbers.key_by(7),
    "reduce of a number": lambda: keyed.reduce(7),
    "co-map with a lambda": lambda: numbers.connect(pairs).map(lambda a: a),
    "co-flat-map with a co-map": lambda: numbers.connect(pairs).flat_map(Same()),
    "keyed process with a plain function": lambda: keyed.process(Nothing()),
    "co-process with a plain function": lambda: numbers.connect(pairs).process(Nothing()),
    "tag without a name": lambda: OutputTag(""),
    "tag of a wrong type": lambda: OutputTag("tag", int),
    "partitioner of a number": lambda: numbers.partition_custom(1, lambda n: n),
    "partitioner without keys": lambda: numbers.partition_custom(lambda key, parts: 0, 5),
}
# PyFlink hands these on to Java
REFUSED = {
    "union of types": lambda: numbers.union(pairs),
    "side output of a text": lambda: numbers.process(Nothing()).get_side_output("tag"),
    "project of numbers": lambda: numbers.project(0),
    "keyed stream: shuffle": lambda: keyed.shuffle(),
    "keyed stream: rebalance": lambda: keyed.rebalance(),
    "slot sharing group of a number": lambda: numbers.map(lambda n: n).slot_sharing_group(5),
}
for name, mistake in MISTAKES.items():
    try:
        mistake()
        print(name, "passes")
    except Exception as error:
        print(name, type(error).__name__)
for name, mistake in REFUSED.items():
    try:
        mistake()
        print(name, "passes")
    except Exception:
        print(name, "refused")
