"""A job fails, and goes on from its last checkpoint with its state: in memory, and in RocksDB."""

import tempfile
import time
from pathlib import Path

from flott.common import Configuration, RestartStrategies, Types
from flott.datastream import (
    EmbeddedRocksDBStateBackend,
    HashMapStateBackend,
    KeyedProcessFunction,
    StreamExecutionEnvironment,
)
from flott.datastream.state import ValueStateDescriptor


class Number(KeyedProcessFunction):
    """Gives each record of a user its number."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield value, count


def run(backend):
    with tempfile.TemporaryDirectory() as folder:
        failed = []

        def fail_once(record):
            time.sleep(0.001)
            if not failed and any(Path(folder).glob("*/chk-[2-9]*/_metadata")):
                failed.append(record)
                raise RuntimeError("the machine burns")
            return record

        env = StreamExecutionEnvironment.get_execution_environment(Configuration().set_integer("flott.batch-size", 2))
        env.set_parallelism(1)
        env.set_state_backend(backend)
        env.enable_checkpointing(20)
        env.get_checkpoint_config().set_checkpoint_storage_dir(Path(folder).as_uri())
        env.set_restart_strategy(RestartStrategies.fixed_delay_restart(1, 10))
        users = env.from_collection(["ada", "bob"] * 300)
        numbers = users.key_by(lambda user: user).process(Number()).map(fail_once)
        found = set(numbers.execute_and_collect())
        assert failed, "no checkpoint was complete before the end"
        # what lies behind the checkpoint comes twice, with the numbers it had
        assert found == {(user, number) for user in ("ada", "bob") for number in range(1, 301)}


run(HashMapStateBackend())
run(EmbeddedRocksDBStateBackend())
