"""What checkpoints of large state cost, and what a restore takes. Every figure is asserted against its limit.

usage: large_state.py [--only latency incremental restore] [--keys N] [--directory DIRECTORY]

- `latency`: sums of ten million keys in columns. The longest pause between two results once all keys are there, with
  checkpoints and without: the difference is what they add to the slowest record.
- `incremental`: a million keys in RocksDB. How much a checkpoint writes after a hundredth of them changed: the mean
  of ten in a row, since now and then files are merged.
- `restore`: a gigabyte in RocksDB. From the start of a job to its first result, at the parallelism of the checkpoint.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from flott.common import Configuration, Types, WatermarkStrategy
from flott.datastream import (
    EmbeddedRocksDBStateBackend,
    ExternalizedCheckpointRetention,
    KeyedProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.state import ValueStateDescriptor
from flott.table.expressions import col


class Enough(Exception):
    """Ends a job that has shown what it was to show."""


#: A prime: n * FACTOR % keys comes to every key once before it comes to one again.
FACTOR = 7919
#: One result in so many is looked at.
SAMPLED = 4096


def environment(directory: Path | None, interval: int, **settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(1)
    if directory is not None:
        config = env.enable_checkpointing(interval).get_checkpoint_config()
        config.set_checkpoint_storage_dir(directory.as_uri())
        config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    return env


def numbers(env: StreamExecutionEnvironment, count: int) -> Any:
    source = NumberSequenceSource(0, count - 1)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()).uid("numbers")


# --- latency


def longest_pause(keys: int, directory: Path | None) -> tuple[float, int]:
    """In ms, between results behind those of the first record of each key; and how many checkpoints there were."""
    env = environment(directory, 1_000)
    times: list[float] = []
    seen: set[str] = set()

    def note(_: Any) -> bool:
        times.append(time.perf_counter())
        if directory is not None and len(times) % 64 == 0:
            seen.update(path.parent.name for path in directory.glob("*/chk-*/_metadata"))
        return False

    n = col("value")
    keyed = numbers(env, 4 * keys).select((n * FACTOR % keys).alias("k"), (n % 1000).alias("v")).key_by("k")
    keyed.sum("v").filter(col("k") % SAMPLED == 0).filter(note).print()
    env.execute("large state")
    steady = times[len(times) // 4 :]
    return max(b - a for a, b in pairwise(steady)) * 1000, len(seen)


def latency(keys: int, directory: Path) -> None:
    (without, _), (with_them, checkpoints) = longest_pause(keys, None), longest_pause(keys, directory)
    added = with_them - without
    print(f"latency: {keys:,} keys, {checkpoints} checkpoints add {added:.0f} ms to a pause of {without:.0f} ms")
    assert checkpoints >= 2, "the run was too short for checkpoints"
    assert added < 50


# --- state in RocksDB


class Payloads(KeyedProcessFunction):
    """Keeps some bytes of each key, and yields nothing or each value."""

    def __init__(self, size: int, yields: bool) -> None:
        self.size, self.yields = size, yields

    def open(self, runtime_context: RuntimeContext) -> None:
        self.state = runtime_context.get_state(ValueStateDescriptor("payload", Types.PICKLED_BYTE_ARRAY()))
        self.random = random.Random(1)

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.state.update(self.random.randbytes(self.size))
        if self.yields:
            yield value


def files(directory: Path) -> dict[str, int]:
    """What the job's last checkpoint needs below `shared`, with sizes."""
    found = {}
    for path in directory.glob("*/shared/*.sst"):
        # an older checkpoint, which goes, may take its files with it
        with suppress(FileNotFoundError):
            found[path.name] = path.stat().st_size
    return found


def filled(keys: int, size: int, directory: Path, touched: int, rounds: int) -> tuple[Path, list[dict[str, int]]]:
    """A retained checkpoint of a job that has filled keys and touched some again, so many times; its files before that
    and after each round."""
    env = environment(directory, 500)
    env.set_state_backend(EmbeddedRocksDBStateBackend(enable_incremental_checkpointing=True))
    known: list[int] = []
    found: list[dict[str, int]] = []

    def done() -> int:
        return max((int(path.parent.name[4:]) for path in directory.glob("*/chk-*/_metadata")), default=0)

    def look() -> bool:
        """Whether a checkpoint is there that began when the last record was in."""
        if not known:
            known.append(done())
        if done() < known[0] + 2:
            return False
        known.clear()
        found.append(files(directory))
        if len(found) > rounds:
            raise Enough
        return True

    class Touches(Payloads):
        until = keys

        def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
            if value < self.until:
                yield from super().process_element(value, ctx)
            elif look():
                self.until = value + touched
            else:
                time.sleep(0.001)

    stream = numbers(env, 100 * keys).key_by(lambda n: n * FACTOR % keys, key_type=Types.LONG())
    stream.process(Touches(size, False)).uid("payloads").print()
    with suppress(Enough):
        env.execute("large state")
    (checkpoint,) = directory.glob("*/chk-*")
    return checkpoint, found


def incremental(keys: int, directory: Path) -> None:
    _, found = filled(keys, 100, directory, keys // 100, 10)
    new = [sum(size for name, size in after.items() if name not in before) for before, after in pairwise(found)]
    share, most = (each / sum(found[0].values()) for each in (sum(new) / len(new), max(new)))
    print(
        f"incremental: 1% of {keys:,} keys changed, the checkpoint wrote {share:.1%} of the state, {most:.1%} at most"
    )
    assert share < 0.05


def restore(keys: int, directory: Path) -> None:
    checkpoint, found = filled(keys, 1024, directory, 0, 0)
    env = environment(None, 0, execution__state_recovery__path=checkpoint.as_uri())
    env.set_state_backend(EmbeddedRocksDBStateBackend())
    first: list[float] = []

    def note(_: Any) -> bool:
        first.append(time.perf_counter())
        raise Enough

    stream = numbers(env, 100 * keys).key_by(lambda n: n * FACTOR % keys, key_type=Types.LONG())
    stream.process(Payloads(1024, True)).uid("payloads").filter(note).print()
    started = time.perf_counter()
    with suppress(Enough):
        env.execute("restored")
    seconds, size = first[0] - started, sum(found[0].values())
    print(f"restore: {size:,} bytes in {seconds:.1f} s")
    assert seconds < 10 * max(size / 1e9, 0.1)


def main() -> None:
    measures = {"latency": latency, "incremental": incremental, "restore": restore}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=measures, default=list(measures))
    parser.add_argument("--keys", type=int, help="ten million for latency and a million for the others, unless given")
    parser.add_argument("--directory", type=Path, help="where checkpoints go; a temporary one unless given")
    arguments = parser.parse_args()
    for name in arguments.only:
        with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
            measures[name](arguments.keys or (10_000_000 if name == "latency" else 1_000_000), Path(directory))


if __name__ == "__main__":
    main()
