"""Fields picked from tuples and rows, in another order, more than once.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
triples = env.from_collection(
    [(1, "a", 0.5), (2, "b", 1.5)], type_info=Types.TUPLE([Types.INT(), Types.STRING(), Types.DOUBLE()])
)
for name, indexes in (("one", [1]), ("swapped", [2, 0]), ("twice", [0, 0, 1]), ("all", [0, 1, 2])):
    projected = triples.project(*indexes)
    print(name, projected.get_name(), projected.get_type())
    projected.print(name)
triples.project(2, 1).map(lambda pair: pair[1] * int(pair[0] * 2), output_type=Types.STRING()).print("mapped")
triples.project(1, 0).project(1).print("again")
env.execute("projections")
