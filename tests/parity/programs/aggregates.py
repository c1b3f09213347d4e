"""sum, min, max, min_by and max_by of rows, tuples and plain values, by position and by name, both modes.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

ROW = Types.ROW_NAMED(["user", "n", "note"], [Types.STRING(), Types.INT(), Types.STRING()])
ORDERS = [("a", 3, "x"), ("b", 5, "y"), ("a", 1, "z"), ("b", 3, "w"), ("a", 1, "v"), ("b", 9, "u")]

for mode in (RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.set_runtime_mode(mode)
    for name in ("sum", "min", "max", "min_by", "max_by"):
        call = f"{mode.name} {name}"
        rows = env.from_collection(ORDERS, ROW).key_by(lambda row: row.user)
        getattr(rows, name)("n").print(f"{call} by name")
        getattr(rows, name)(1).print(f"{call} by position")
        tuples = env.from_collection(ORDERS).key_by(lambda pair: pair[0])
        getattr(tuples, name)(1).print(f"{call} tuples")
        numbers = env.from_collection([4, 7, 2, 9, 6], Types.LONG()).key_by(lambda n: n % 2)
        getattr(numbers, name)().print(f"{call} numbers")
        texts = env.from_collection(["pear", "fig", "plum", "apple"], Types.STRING()).key_by(lambda t: t[0])
        getattr(texts, name)().print(f"{call} texts")
        env.execute(name)
