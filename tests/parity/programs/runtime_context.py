"""What a function can ask of its runtime context.

compare: lines in any order
"""

from pyflink.common import Types
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2).set_max_parallelism(16)
env.get_config().set_global_job_parameters({"stage": "test"})


class Facts(MapFunction):
    def open(self, runtime_context):
        self.facts = (
            runtime_context.get_number_of_parallel_subtasks(), runtime_context.get_max_number_of_parallel_subtasks(),
            runtime_context.get_attempt_number(), runtime_context.get_job_parameter("stage", "none"),
            runtime_context.get_job_parameter("absent", "default"),
        )  # fmt: skip
        self.subtask = runtime_context.get_index_of_this_subtask()
        self.names_agree = runtime_context.get_task_name_with_subtasks().startswith(
            runtime_context.get_task_name()
        ) and runtime_context.get_task_name_with_subtasks().endswith(f"({self.subtask + 1}/2)#0")

    def map(self, value):
        return f"{value}: {self.facts} {self.subtask == value % 2} {self.names_agree}"


numbers = env.from_collection([0, 1, 2, 3], type_info=Types.INT())
numbers.partition_custom(lambda key, parts: key % parts, lambda n: n).map(Facts(), output_type=Types.STRING()).print()
env.execute("facts")
