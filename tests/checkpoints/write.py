"""Writes the checkpoint that ``test_older_versions.py`` goes on from::

    python -m tests.checkpoints.write FOLDER [BACKEND]

Run once for each version of the format, with the Flott that writes it; what it wrote is kept beside this file.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from flott.common import Configuration
from flott.datastream import ExternalizedCheckpointRetention, StreamExecutionEnvironment
from tests.awaiting import until
from tests.checkpoints import job


def write(folder: Path, backend: str) -> None:
    """The job's first checkpoint, as ``folder/chk-1``.

    :param backend: how state is kept, as ``state.backend.type`` says it
    """
    # the barrier of the slow source comes behind a few numbers
    configuration = Configuration().set_string("flott.batch-size", "10").set_string("state.backend.type", backend)
    env = StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(2)
    with tempfile.TemporaryDirectory() as place:
        # by then the first half has been read
        config = env.enable_checkpointing(4000).get_checkpoint_config()
        config.set_checkpoint_storage_dir(Path(place).as_uri())
        config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
        job.build(env, first_half=True)
        client = env.execute_async()
        until(lambda: list(Path(place).glob("*/chk-1/_metadata")))
        client.cancel().result()
        (checkpoint,) = Path(place).glob("*/chk-1")
        shutil.copytree(checkpoint, folder / "chk-1")


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "hashmap")
