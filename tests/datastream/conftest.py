"""The environments that the tests of streams run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flott._flott import has_rocksdb
from flott.datastream import StreamExecutionEnvironment
from flott.datastream._defaults import SETTINGS
from tests.datastream import failing


def needs_rocksdb(*backends: str) -> None:
    """Skips a test where this Flott was built without the backend it is about."""
    if set(backends) & {"rocksdb", "incremental"} and not has_rocksdb:
        pytest.skip("this Flott was built without RocksDB")


@pytest.fixture(autouse=True)
def no_failures_left() -> Iterator[None]:
    """A job that did not get to where it was to fail leaves that to no other."""
    yield
    failing.forget()


@pytest.fixture(params=["hashmap", "rocksdb"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How environments keep state that are made in this test."""
    needs_rocksdb(request.param)
    monkeypatch.setitem(SETTINGS, "state.backend.type", request.param)
    monkeypatch.setitem(SETTINGS, "execution.checkpointing.incremental", "true")
    name: str = request.param
    return name


@pytest.fixture(params=[1, 3, None], ids=["batch1", "batch3", "batch"])
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """How many records are handed on at once; None for as many as Flott chooses. No result may depend on it."""
    if request.param is None:
        monkeypatch.delenv("FLOTT_BATCH_SIZE", raising=False)
    else:
        monkeypatch.setenv("FLOTT_BATCH_SIZE", str(request.param))
    size: int | None = request.param
    return size


@pytest.fixture
def single(batch_size: int | None) -> StreamExecutionEnvironment:
    """An environment with one subtask, at each batch size: records stay in order."""
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture(params=[1, 2, 3], ids=["p1", "p2", "p3"])
def env(request: pytest.FixtureRequest, batch_size: int | None) -> StreamExecutionEnvironment:
    """An environment with one, two and three subtasks, at each batch size."""
    return StreamExecutionEnvironment.get_execution_environment().set_parallelism(request.param)
