"""Names, uids, chains, slots and parallelism change nothing in what a job computes; the calls can be chained."""

from pyflink.common import Configuration, Types
from pyflink.datastream import SlotSharingGroup, StreamExecutionEnvironment

config = Configuration()
config.set_integer("taskmanager.numberOfTaskSlots", 8)
env = StreamExecutionEnvironment.get_execution_environment(config)
env.set_parallelism(1)
group = SlotSharingGroup.builder("heavy").set_cpu_cores(1.0).set_task_heap_memory_mb(100).build()
numbers = env.from_collection([1, 2, 3], type_info=Types.INT()).name("numbers").uid("numbers")
mapped = (
    numbers.map(lambda n: n + 1, output_type=Types.INT())
    .name("plus one")
    .uid("plus-one")
    .set_description("adds one")
    .start_new_chain()
    .disable_chaining()
    .set_parallelism(1)
    .set_max_parallelism(64)
    .set_buffer_timeout(5)
    .slot_sharing_group("other")
)
print(numbers.get_name(), "|", mapped.get_name(), "|", mapped.get_type())
filtered = mapped.filter(lambda n: n % 2 == 0).force_non_parallel().slot_sharing_group("default")
hashed = filtered.map(lambda n: n * 10, output_type=Types.INT()).set_uid_hash("a" * 32)
print(filtered.get_name(), "|", filtered.name("even").get_name(), "|", hashed.get_name())
sink = hashed.print("result").name("printer").uid("printer").set_description("prints").set_parallelism(1)
print(type(sink.disable_chaining().slot_sharing_group("default")).__name__)
env.execute("names")
print(group.get_name(), group.get_cpu_cores(), group.get_task_heap_memory().get_mebi_bytes())
