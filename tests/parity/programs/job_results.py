"""What execute() and execute_async() give back; a program with several jobs."""

from pyflink.common import JobStatus, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2], type_info=Types.INT())
numbers.print("first")
result = env.execute("first")
print(type(result).__name__, len(str(result.get_job_id())), result.get_net_runtime() >= 0)
print(result.get_all_accumulator_results(), result.get_accumulator_result("none"))
numbers.map(lambda n: n * 10, output_type=Types.INT()).print("second")
client = env.execute_async("second")
done = client.get_job_execution_result().result()
print(type(client).__name__, str(done.get_job_id()) == str(client.get_job_id()))
print(str(done.get_job_id()) != str(result.get_job_id()))
try:
    env.execute("nothing to do")
except Exception:
    print("refused")
env.from_collection(["other"], type_info=Types.STRING()).print("third")
print(env.execute().get_net_runtime() >= 0, JobStatus.FINISHED.is_globally_terminal_state())
