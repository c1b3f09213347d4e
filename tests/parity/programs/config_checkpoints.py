"""The checkpoint configuration: defaults, and after the setters."""

from pyflink.common import Duration
from pyflink.datastream import (
    CheckpointingMode,
    ExternalizedCheckpointCleanup,
    StreamExecutionEnvironment,
)

env = StreamExecutionEnvironment.get_execution_environment()
config = env.get_checkpoint_config()


def show():
    print(config.is_checkpointing_enabled(), config.get_checkpointing_mode(), config.get_checkpoint_interval())
    print(config.get_checkpoint_timeout(), config.get_min_pause_between_checkpoints())
    print(config.get_max_concurrent_checkpoints(), config.get_tolerable_checkpoint_failure_number())
    print(config.is_fail_on_checkpointing_errors(), config.is_externalized_checkpoints_enabled())
    print(config.get_externalized_checkpoint_cleanup())
    print(config.is_unaligned_checkpoints_enabled(), config.is_force_unaligned_checkpoints())
    print(config.get_alignment_timeout() == Duration.of_millis(0))


show()
print(config.DEFAULT_MODE, config.DEFAULT_TIMEOUT)
print(config.DEFAULT_MIN_PAUSE_BETWEEN_CHECKPOINTS, config.DEFAULT_MAX_CONCURRENT_CHECKPOINTS)
env.enable_checkpointing(30000)
show()
config.set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE).set_checkpoint_interval(5000)
config.set_checkpoint_timeout(60000).set_min_pause_between_checkpoints(100).set_max_concurrent_checkpoints(3)
config.set_tolerable_checkpoint_failure_number(2)
config.enable_externalized_checkpoints(ExternalizedCheckpointCleanup.RETAIN_ON_CANCELLATION)
show()
config.set_checkpointing_mode(CheckpointingMode.EXACTLY_ONCE).set_max_concurrent_checkpoints(1)
config.enable_unaligned_checkpoints().set_alignment_timeout(Duration.of_seconds(1))
config.set_force_unaligned_checkpoints(True)
config.enable_externalized_checkpoints(ExternalizedCheckpointCleanup.DELETE_ON_CANCELLATION)
config.set_fail_on_checkpointing_errors(False)
show()
print(config.get_alignment_timeout() == Duration.of_seconds(1))
config.disable_unaligned_checkpoints()
print(config.is_unaligned_checkpoints_enabled(), env.get_checkpoint_interval(), env.get_checkpointing_mode())
for wrong in (
    lambda: config.set_checkpoint_interval(0),
    lambda: config.set_checkpoint_timeout(-1),
    lambda: config.set_min_pause_between_checkpoints(-1),
    lambda: config.set_max_concurrent_checkpoints(0),
    lambda: config.set_tolerable_checkpoint_failure_number(-1),
    lambda: env.enable_checkpointing(-5),
):
    try:
        print(wrong())
    except Exception:
        print("refused")
