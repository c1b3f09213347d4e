"""Solution of exercise 1.6."""

from flott.datastream import CheckpointingMode, StreamExecutionEnvironment


def environment() -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    env.enable_checkpointing(5_000, CheckpointingMode.AT_LEAST_ONCE)
    env.get_checkpoint_config().set_min_pause_between_checkpoints(1_000)
    return env
