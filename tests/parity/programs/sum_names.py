"""Running sum, minimum and maximum of a field of rows, by its name and by its position.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
rows = [Row("a", 3, "x"), Row("b", 10, "y"), Row("a", 1, "z"), Row("b", 20, "w"), Row("a", 5, "v")]
keyed = env.from_collection(
    rows, type_info=Types.ROW_NAMED(["key", "number", "text"], [Types.STRING(), Types.INT(), Types.STRING()])
).key_by(lambda row: row.key, key_type=Types.STRING())
keyed.sum("number").print("sum")
keyed.sum(1).print("sum1")
keyed.min("number").print("min")
keyed.max("number").print("max")
keyed.max("text").print("text")
keyed.min_by("number").print("min_by")
keyed.max_by("number").print("max_by")
keyed.max_by("number").map(lambda row: f"{row.key} {row.number} {row.text}", output_type=Types.STRING()).print("fields")
env.execute("by name")
