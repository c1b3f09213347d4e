"""Two streams, each record of which becomes none, one or several.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class WordsAndCounts(CoFlatMapFunction):
    def flat_map1(self, value):
        yield from value.split()

    def flat_map2(self, value):
        for i in range(value):
            yield f"{value}.{i}"


class OnlyTheFirst(CoFlatMapFunction):
    def flat_map1(self, value):
        return [(value, len(value))]

    def flat_map2(self, value):
        return []


lines = env.from_collection(["to be", "", "or not"], type_info=Types.STRING())
counts = env.from_collection([2, 0, 3], type_info=Types.INT())
both = lines.connect(counts)
both.flat_map(WordsAndCounts(), output_type=Types.STRING()).print("both")
both.flat_map(OnlyTheFirst(), output_type=Types.TUPLE([Types.STRING(), Types.INT()])).print("first")
env.execute("co-flat-map")
