"""In batch mode each of them gives one record a key.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
rows = [Row("a", 3, "x"), Row("b", 10, "y"), Row("a", 1, "z"), Row("b", 20, "w"), Row("a", 5, "v"), Row("c", 0, "u")]
keyed = env.from_collection(
    rows, type_info=Types.ROW_NAMED(["key", "number", "text"], [Types.STRING(), Types.INT(), Types.STRING()])
).key_by(lambda row: row[0], key_type=Types.STRING())
keyed.sum("number").print("sum")
keyed.min(1).print("min")
keyed.max("number").print("max")
keyed.min_by("number").print("min_by")
keyed.max_by(1).print("max_by")
env.execute("sums at the end")
