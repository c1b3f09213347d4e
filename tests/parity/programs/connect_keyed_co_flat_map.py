"""Keys given to the connected streams at once; a list of what each input has brought so far.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, KeySelector, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Parity(KeySelector):
    def get_key(self, value):
        return value % 2


class Remember(CoFlatMapFunction):
    def open(self, runtime_context):
        self.numbers = runtime_context.get_list_state(ListStateDescriptor("numbers", Types.INT()))
        self.words = runtime_context.get_list_state(ListStateDescriptor("words", Types.STRING()))

    def flat_map1(self, value):
        self.numbers.add(value)
        for number in self.numbers.get():
            yield f"{value} has before or with it {number}"

    def flat_map2(self, value):
        self.words.add(value)
        if len(value) > 1:
            yield " ".join(self.words)


numbers = env.from_collection([1, 2, 3, 4, 5], type_info=Types.INT())
words = env.from_collection(["a", "of", "the", "four", "b", "six"], type_info=Types.STRING())
numbers.connect(words).key_by(Parity(), lambda word: len(word) % 2, key_type=Types.INT()).flat_map(
    Remember(), output_type=Types.STRING()
).print()
env.execute("keyed co-flat-map")
