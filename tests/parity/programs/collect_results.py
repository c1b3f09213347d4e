"""execute_and_collect: all results, some of them, none, and results that are left alone."""

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3, 4], type_info=Types.INT())
results = numbers.execute_and_collect()
print(type(results).__name__)
print(next(results), next(results))
results.close()
with numbers.execute_and_collect("a job's name") as results:
    print(list(results))
print(
    numbers.execute_and_collect(limit=2), numbers.execute_and_collect("named", 3), numbers.execute_and_collect(limit=9)
)
with numbers.filter(lambda n: n > 100).execute_and_collect() as results:
    print(list(results), next(results, "nothing"))
with numbers.key_by(lambda n: n % 2, key_type=Types.INT()).reduce(lambda a, b: a + b).execute_and_collect() as results:
    for result in results:
        print(result)
with numbers.map(lambda n: {"n": [n, Row(n)]}).execute_and_collect() as results:
    print(next(results))
    print([result["n"][0] for result in results])
with numbers.map(
    lambda n: Row(n, str(n)), output_type=Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])
).execute_and_collect() as results:
    for row in results:
        print(repr(row), row.as_dict(), row["name"], row.id)
