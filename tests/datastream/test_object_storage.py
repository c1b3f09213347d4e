"""Checkpoints and savepoints in an object store: written, read back, and what happens while it is away."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

import flott.state
from flott.common import Configuration, JobStatus, Types, WatermarkStrategy
from flott.datastream import ExternalizedCheckpointRetention, StreamExecutionEnvironment
from flott.errors import FlottError
from tests.awaiting import until
from tests.checkpoints.job import Committed
from tests.datastream.test_savepoints import KEYS, Numbers, Totals, totals
from tests.servers import S3

DIRECTORY = "s3://flott/some/where"


@pytest.fixture
def store(own_s3: S3) -> S3:
    own_s3.make_bucket("flott")
    return own_s3


def environment(store: S3, **settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in {**store.options(), **settings}.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    return StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(2)


def add_job(env: StreamExecutionEnvironment, stops_at: int) -> Committed:
    numbers = env.from_source(Numbers(stops_at), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    sink = Committed()
    keyed = numbers.set_parallelism(1).uid("numbers").key_by(lambda value: value % KEYS)
    keyed.process(Totals()).uid("totals").sink_to(sink).uid("sink")
    return sink


def checkpoints(store: S3) -> list[str]:
    return [key for key in store.keys("flott") if "/chk-" in key and key.endswith("_metadata")]


def test_a_job_goes_on_from_an_object_store(store: S3) -> None:
    env = environment(store)
    config = env.enable_checkpointing(20).get_checkpoint_config().set_checkpoint_storage_dir(DIRECTORY)
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    sink = add_job(env, 1_500)
    client = env.execute_async()
    until(lambda: len(sink.results) == 1_500)
    client.cancel().result()
    (kept,) = checkpoints(store)
    assert kept.startswith(f"some/where/{client.get_job_id()}/chk-"), "those before it are gone"
    again = environment(store, execution__state_recovery__path=f"s3a://flott/{kept.rpartition('/')[0]}")
    rest = add_job(again, -1)
    again.execute()
    assert Counter(rest.results) - Counter(totals(0, 1_500)) == Counter(totals(1_500, 3_000))
    table = flott.state.read(f"s3://flott/{kept}", options=store.options())["totals"]["total"]
    assert {row["key"]: row["value"] for row in table.rows()} == {
        key: sum(range(key, 1_500, KEYS)) for key in range(KEYS)
    }


def test_a_savepoint_goes_there_too(store: S3) -> None:
    env = environment(store)
    sink = add_job(env, 1_500)
    client = env.execute_async()
    until(lambda: len(sink.results) == 1_500)
    path = client.stop_with_savepoint(False, f"{DIRECTORY}/savepoints").result()
    assert path.startswith("s3://flott/some/where/savepoints/savepoint-")
    again = environment(store, execution__state_recovery__path=path)
    rest = add_job(again, -1)
    again.execute()
    assert Counter(rest.results) == Counter(totals(1_500, 3_000))


def test_a_store_that_crashes_in_the_middle(store: S3) -> None:
    env = environment(store)
    config = env.enable_checkpointing(20).get_checkpoint_config().set_checkpoint_storage_dir(DIRECTORY)
    config.set_tolerable_checkpoint_failure_number(1_000)
    sink = add_job(env, 1_500)
    client = env.execute_async()
    until(lambda: checkpoints(store))
    store.kill()
    # requests that failed are made again; what the store had is gone with it, its buckets too
    store.start()
    store.make_bucket("flott")
    before = time.time()
    until(lambda: checkpoints(store), "no checkpoint was stored any more", 60)
    assert time.time() - before < 60
    assert client.get_job_status().result() is JobStatus.RUNNING
    until(lambda: len(sink.results) == 1_500)
    client.cancel().result()
    assert Counter(sink.results) == Counter(totals(0, 1_500))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"execution.checkpointing.dir": "s3://other/where"}, r"(?s)s3://other/where/.*NoSuchBucket.*bucket's name"),
        ({"s3.secret-key": ""}, "only one is set"),
    ],
)
def test_what_is_wrong_is_said(store: S3, settings: dict[str, str], message: str) -> None:
    env = environment(store)
    env.enable_checkpointing(20).get_checkpoint_config().set_checkpoint_storage_dir(DIRECTORY)
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key, value)
    env.configure(configuration)
    add_job(env, 1_500)
    with pytest.raises(FlottError, match=message):
        env.execute()


def test_a_password_is_not_printed(store: S3) -> None:
    store.require_login()
    env = environment(store)
    env.enable_checkpointing(20).get_checkpoint_config().set_checkpoint_storage_dir(DIRECTORY)
    add_job(env, 1_500)
    with pytest.raises(FlottError) as refused:
        env.execute()
    text: Any = str(refused.value)
    assert "s3.access-key and s3.secret-key" in text
    assert store.options()["s3.secret-key"] not in text
