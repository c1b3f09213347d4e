"""How many records each subtask gets, of every way to spread them that leaves no choice."""

from pyflink.common import Types
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)


class WithSubtask(MapFunction):
    def open(self, runtime_context):
        self.subtask = runtime_context.get_index_of_this_subtask()

    def map(self, value):
        return value, self.subtask


def show(name, stream, parallelism=3):
    located = stream.map(WithSubtask()).set_parallelism(parallelism)
    with located.execute_and_collect() as results:
        pairs = sorted(results)
    counts = sorted(sum(1 for _, subtask in pairs if subtask == i) for i in range(parallelism))
    print(name, [value for value, _ in pairs], counts)
    return pairs


numbers = env.from_collection(list(range(12)), type_info=Types.INT())
show("rebalance", numbers.rebalance())
show("rescale", numbers.rescale())
show("rebalance to 2", numbers.rebalance(), 2)
show("broadcast", env.from_collection([1, 2], type_info=Types.INT()).broadcast())
print(show("forward", numbers.map(lambda n: n).set_parallelism(1).forward(), 1)[:3])
