"""Times, durations, memory sizes, slot sharing groups, output tags and state backends as plain objects."""

from pyflink.common import Duration, Instant, JobStatus, RowKind, Time, Types
from pyflink.datastream import HashMapStateBackend, OutputTag, SlotSharingGroup
from pyflink.datastream.checkpoint_storage import FileSystemCheckpointStorage, JobManagerCheckpointStorage
from pyflink.datastream.slot_sharing_group import MemorySize

print(Time.days(1).to_milliseconds(), Time.hours(2), Time.minutes(3), Time.seconds(4), Time.milliseconds(5))
print(Time.seconds(60) == Time.minutes(1), Time(7).to_milliseconds())
print(Duration.of_days(1) == Duration.of_hours(24), Duration.of_minutes(1) == Duration.of_seconds(61))
print(Duration.of_nanos(1_000_000) == Duration.of_millis(1))
print(
    Instant.of_epoch_milli(1500),
    Instant(1, 500_000_000) == Instant.of_epoch_milli(1500),
    Instant(2, 7).to_epoch_milli(),
)
print([str(kind) for kind in RowKind], [kind.name for kind in RowKind])
print([status.name for status in JobStatus if status.is_globally_terminal_state()])
print([status.name for status in JobStatus if status.is_terminal_state()])

size = MemorySize.of_mebi_bytes(3)
print(
    size.get_bytes(), size.get_kibi_bytes(), size.get_mebi_bytes(), size.get_gibi_bytes(), size.get_tebi_bytes(), size
)
print(size == MemorySize(bytes_size=3 * 1024 * 1024), size < MemorySize.of_mebi_bytes(4), MemorySize(bytes_size=1500))
group = (
    SlotSharingGroup.builder("name")
    .set_cpu_cores(0.5)
    .set_task_heap_memory_mb(10)
    .set_task_off_heap_memory(MemorySize.of_mebi_bytes(2))
    .set_managed_memory_mb(7)
    .set_external_resource("gpu", 1.0)
    .build()
)
print(group.get_name(), group.get_cpu_cores(), group.get_task_heap_memory(), group.get_task_off_heap_memory())
print(group.get_managed_memory().get_mebi_bytes(), group.get_external_resources())
plain = SlotSharingGroup.builder("plain").build()
print(plain.get_cpu_cores(), plain.get_task_heap_memory(), plain.get_managed_memory(), plain == group)

for tag in (OutputTag("a"), OutputTag("b", Types.INT()), OutputTag("c", [Types.INT(), Types.STRING()])):
    print(tag.tag_id, tag.type_info)
for wrong in (lambda: OutputTag(""), lambda: OutputTag("a", "int"), lambda: OutputTag(None)):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__)

print(JobManagerCheckpointStorage().get_max_state_size(), JobManagerCheckpointStorage.DEFAULT_MAX_STATE_SIZE)
print(JobManagerCheckpointStorage().get_checkpoint_path(), JobManagerCheckpointStorage().get_savepoint_path())
storage = FileSystemCheckpointStorage("file:///tmp/checkpoints")
print(storage.get_checkpoint_path(), storage.get_savepoint_path(), storage.get_min_file_size_threshold())
print(storage.get_write_buffer_size(), type(HashMapStateBackend()).__name__)
