"""What an environment says of its settings: defaults, and after the setters."""

from pyflink.common import ExecutionMode
from pyflink.datastream import (
    CheckpointingMode,
    EmbeddedRocksDBStateBackend,
    HashMapStateBackend,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
    TimeCharacteristic,
)

env = StreamExecutionEnvironment.get_execution_environment()
print(env.get_max_parallelism(), env.is_chaining_enabled(), env.get_buffer_timeout())
print(env.is_chaining_of_operators_with_different_max_parallelism_enabled())
print(env.get_checkpoint_interval(), env.get_checkpointing_mode(), env.get_checkpointing_consistency_mode())
print(env.get_stream_time_characteristic(), env.get_default_savepoint_directory())
print(env.is_unaligned_checkpoints_enabled(), env.is_force_unaligned_checkpoints())
print(env.is_changelog_state_backend_enabled())

print(env.get_default_local_parallelism())
env.set_default_local_parallelism(4)
print(env.get_default_local_parallelism())
env.set_default_local_parallelism(1)

config = env.get_config()
print(config.get_auto_watermark_interval(), config.get_latency_tracking_interval(), config.get_execution_mode())
print(config.is_object_reuse_enabled(), config.is_closure_cleaner_enabled(), config.has_generic_types_disabled())
print(config.has_auto_generated_uids_enabled(), config.is_force_avro_enabled(), config.is_force_kryo_enabled())
print(config.get_task_cancellation_interval(), config.get_task_cancellation_timeout(), config.get_max_parallelism())
print(config.get_global_job_parameters(), config.is_use_snapshot_compression())

config.set_auto_watermark_interval(50)
config.set_latency_tracking_interval(10).set_max_parallelism(20).set_task_cancellation_interval(7)
config.set_task_cancellation_timeout(8).enable_object_reuse().disable_generic_types().disable_auto_generated_uids()
config.set_execution_mode(ExecutionMode.BATCH).set_global_job_parameters({"environment": "test", "n": "1"})
config.set_use_snapshot_compression(True).enable_force_avro()
print(config.get_auto_watermark_interval(), config.get_latency_tracking_interval(), config.get_execution_mode())
print(config.get_task_cancellation_interval(), config.get_task_cancellation_timeout(), config.get_max_parallelism())
print(config.is_object_reuse_enabled(), config.has_generic_types_disabled(), config.has_auto_generated_uids_enabled())
print(sorted(config.get_global_job_parameters().items()), config.is_use_snapshot_compression())
print(config.is_force_avro_enabled(), config.set_parallelism(5).get_parallelism(), env.get_parallelism())

env.enable_checkpointing(1000, CheckpointingMode.AT_LEAST_ONCE)
print(env.get_checkpoint_interval(), env.get_checkpointing_mode())
env.set_default_savepoint_directory("file:///tmp/savepoints")
print(env.get_default_savepoint_directory())
env.set_state_backend(HashMapStateBackend())
print(type(env.get_state_backend()).__name__)
env.set_state_backend(EmbeddedRocksDBStateBackend())
print(type(env.get_state_backend()).__name__)
env.enable_changelog_state_backend(True)
print(env.is_changelog_state_backend_enabled())
env.set_stream_time_characteristic(TimeCharacteristic.EventTime)
print(env.get_stream_time_characteristic())
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
print(env.set_buffer_timeout(-1).get_buffer_timeout())
for wrong in (
    lambda: env.set_parallelism("two"),
    lambda: env.set_max_parallelism(0),
    lambda: env.set_max_parallelism(32769),
    lambda: env.set_buffer_timeout(-2),
):
    try:
        print(wrong())
    except Exception:
        print("refused")
