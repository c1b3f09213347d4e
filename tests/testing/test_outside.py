"""What reaches out of a job by hand: async functions, sinks, checkpoints."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from flott.common import Time, Types
from flott.datastream import AsyncDataStream, RuntimeContext
from flott.datastream.connectors.python import Committer, PythonSink, SinkContext, SinkWriter
from flott.testing import EmbeddedBroker, Harness


async def later(value: Any) -> list[Any]:
    await asyncio.sleep(0.01)
    return [value, -value]


def test_results_of_async_functions_are_there_when_feed_returns(flott_harness: Harness) -> None:
    h = flott_harness
    doubled = AsyncDataStream.ordered_wait(h.source("numbers"), later, Time.seconds(10))
    h.feed("numbers", 1, 2)
    assert h.output(doubled) == [1, -1, 2, -2]
    h.advance(60_000)
    h.feed("numbers", 3)
    h.finish()
    assert h.output(doubled)[4:] == [3, -3]


def test_ctrl_c_ends_the_wait_for_an_async_function(flott_harness: Harness) -> None:
    h = flott_harness
    closed = threading.Event()

    async def never(value: Any) -> list[Any]:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        try:
            await asyncio.sleep(3600)
        finally:
            closed.set()
        return []

    AsyncDataStream.unordered_wait(h.source("numbers"), never, Time.milliseconds(0))
    with pytest.raises(KeyboardInterrupt):
        h.feed("numbers", 1)
    h.close()
    assert closed.is_set()


class Ledger(PythonSink):
    """Commits what was written up to a checkpoint when that is complete."""

    def __init__(self, committed: list[Any]) -> None:
        self.committed = committed

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        class Writer(SinkWriter):
            written: list[Any] = []

            def write(self, value: Any, context: SinkContext) -> None:
                self.written.append(value)

            def prepare_commit(self) -> Sequence[Any]:
                written, self.written = self.written, []
                return written

        return Writer()

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        committed = self.committed

        class Commit(Committer):
            def commit(self, committables: Sequence[Any]) -> None:
                committed.append(list(committables))

        return Commit()


def test_checkpoints_come_with_their_time(flott_harness: Harness) -> None:
    h = flott_harness
    h.env.enable_checkpointing(500)
    committed: list[Any] = []
    h.source("numbers").sink_to(Ledger(committed))
    h.feed("numbers", 1, 2)
    h.advance(499)
    assert committed == []
    h.advance(1)
    assert committed == [[1, 2]]
    h.feed("numbers", 3)
    h.finish()
    assert committed == [[1, 2], [3]]


def test_what_a_job_by_hand_writes_is_in_the_topic(flott_harness: Harness, flott_broker: EmbeddedBroker) -> None:
    from flott.common import SimpleStringSchema
    from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink

    serializer = KafkaRecordSerializationSchema.builder().set_topic("letters")
    serializer.set_value_serialization_schema(SimpleStringSchema())
    sink = KafkaSink.builder().set_bootstrap_servers(flott_broker.bootstrap_servers)
    flott_broker.create_topic("letters")
    h = flott_harness
    upper = h.source("letters").map(str.upper, Types.STRING())
    upper.sink_to(sink.set_record_serializer(serializer.build()).build())
    h.feed("letters", "a", "b")
    h.finish()
    assert flott_broker.consume("letters") == ["A", "B"]
