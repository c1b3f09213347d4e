"""Numbers from a source in Python through async calls into files, by a sink in Python that commits in two phases."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import leftovers  # noqa: F401  first: it reports at exit

from flott.common import Time, WatermarkStrategy
from flott.datastream import AsyncDataStream, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.python import Committer, PythonSink, PythonSource, SinkContext, SinkWriter, Split

options: dict[str, Any] = json.loads(sys.argv[1])
FOLDER, COUNT, SPLITS = Path(options["place"]), options["count"], 4


class Numbers(PythonSource):
    """0 to COUNT - 1; each split remembers in a file how far it was committed."""

    def splits(self, runtime_context: RuntimeContext) -> Iterator[Split]:
        for n in range(SPLITS):
            file = FOLDER / f"position-{n}"
            yield Split(str(n), int(file.read_text()) if file.exists() else n)

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[int, int]]:
        for number in range(split.position, COUNT, SPLITS):
            yield number, number + SPLITS
            if number // SPLITS % 20 == 0:
                time.sleep(options.get("pause", 0))

    def commit(self, split_id: str, position: int) -> None:
        written = FOLDER / f"new-{split_id}"
        written.write_text(str(position))
        written.rename(FOLDER / f"position-{split_id}")


class Files(PythonSink):
    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return FileWriter()

    def create_committer(self, runtime_context: RuntimeContext) -> Committer:
        return Rename()


class FileWriter(SinkWriter):
    def __init__(self) -> None:
        self.numbers: list[int] = []

    def write(self, value: int, context: SinkContext) -> None:
        self.numbers.append(value)

    def prepare_commit(self) -> list[str]:
        if not self.numbers:
            return []
        name = uuid.uuid4().hex
        (FOLDER / f"{name}.hidden").write_text("".join([f"{number}\n" for number in self.numbers]))
        self.numbers.clear()
        return [name]


class Rename(Committer):
    def commit(self, committables: Sequence[str]) -> None:
        for name in committables:
            (FOLDER / f"{name}.hidden").rename(FOLDER / f"{name}.visible")


async def ask(number: int) -> list[int]:
    await asyncio.sleep(options.get("answer", 0.001))
    return [number]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(options["parallelism"])
env.enable_checkpointing(options.get("checkpoint_ms", 20))
numbers = env.from_source(Numbers(), WatermarkStrategy.no_watermarks(), "numbers")
AsyncDataStream.unordered_wait(numbers.rebalance(), ask, Time.seconds(60), 20).sink_to(Files())
print("started")
env.execute("numbers")
