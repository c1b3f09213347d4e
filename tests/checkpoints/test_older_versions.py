"""Checkpoints that an older Flott wrote: this one goes on from them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from flott.common import Configuration
from flott.datastream import StreamExecutionEnvironment
from tests.checkpoints import job
from tests.datastream.conftest import needs_rocksdb

#: One for each version of the format that there was and for each state backend; ``write.py`` wrote them.
VERSIONS = sorted(path.name for path in Path(__file__).parent.glob("version_*"))


@pytest.mark.parametrize("parallelism", [2, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_job_goes_on_from_what_an_older_flott_wrote(version: str, parallelism: int) -> None:
    if "rocksdb" in version:
        needs_rocksdb("rocksdb")
    checkpoint = Path(__file__).parent / version / "chk-1"
    before = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    configuration = Configuration().set_string("execution.state-recovery.path", checkpoint.as_uri())
    env = StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(parallelism)
    sink = job.build(env, first_half=False)
    env.execute()
    assert Counter(sink.results) == Counter(job.expected())
    assert {path.name: path.read_bytes() for path in checkpoint.iterdir()} == before


def test_the_first_version_is_among_them() -> None:
    (small,) = [path.read_bytes() for path in Path(__file__).parent.glob("version_1/chk-1/_metadata")]
    assert small[:10] == b"FLOTTCP\n\x01\x00"
