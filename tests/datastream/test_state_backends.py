"""State in memory and in RocksDB: what they have in common, and what a checkpoint carries from one to the other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flott.common import Configuration, RestartStrategies, Row, Time, Types
from flott.common.watermark_strategy import WatermarkStrategy
from flott.datastream import (
    EmbeddedRocksDBStateBackend,
    ExternalizedCheckpointRetention,
    HashMapStateBackend,
    KeyedProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flott.errors import ConfigurationError
from flott.testing import one_input_harness
from tests.datastream.aggregates import Mean
from tests.datastream.conftest import needs_rocksdb
from tests.datastream.failing import AWAITED, FAILS, Broken, meet

if TYPE_CHECKING:
    from collections.abc import Iterator

#: More than all channels of the jobs can hold: the source is still there when checkpoints are taken.
N = 60_000
#: Keys that bytes tell, and keys that have to be stored beside them.
KEYS: list[Any] = ["a", 7, ("b", 1), None, Row("c", 2.5), 2**70, b"d"]
END = 2**62


def greater(one: int, other: int) -> int:
    return max(one, other)


class Everything(KeyedProcessFunction):
    """Keeps something of each key's values in every kind of state, and tells it at the end."""

    def __init__(self, ttl: StateTtlConfig | None = None) -> None:
        self.ttl = ttl

    def open(self, runtime_context: RuntimeContext) -> None:
        pair = Types.TUPLE([Types.LONG(), Types.LONG()])
        total = ValueStateDescriptor("total", Types.LONG())
        last = ListStateDescriptor("last", Types.PICKLED_BYTE_ARRAY())
        digits = MapStateDescriptor("digits", Types.PICKLED_BYTE_ARRAY(), Types.LONG())
        greatest = ReducingStateDescriptor("greatest", greater, Types.LONG())
        mean = AggregatingStateDescriptor("mean", Mean(), pair)
        if self.ttl is not None:
            for descriptor in (total, last, digits, greatest, mean):
                descriptor.enable_time_to_live(self.ttl)
        self.total = runtime_context.get_state(total)
        self.last = runtime_context.get_list_state(last)
        self.digits = runtime_context.get_map_state(digits)
        self.greatest = runtime_context.get_reducing_state(greatest)
        self.mean = runtime_context.get_aggregating_state(mean)

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        meet(value)
        self.total.update((self.total.value() or 0) + value)
        if value % 100 < len(KEYS):
            self.last.add({"value": value})
        digit = ("digit", value % 3)
        self.digits.put(digit, (self.digits.get(digit) or 0) + 1)
        self.greatest.add(value)
        self.mean.add(value)
        ctx.timer_service().register_event_time_timer(END)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        last = tuple(element["value"] for element in self.last)
        digits = tuple(sorted(self.digits.items()))
        key = repr(ctx.get_current_key())
        yield key, self.total.value(), last, digits, self.greatest.get(), self.mean.get()


def expected() -> Counter[Any]:
    """The same by hand: plain lists and sums."""
    results = []
    for index, key in enumerate(KEYS):
        values = [value for value in range(N) if value % len(KEYS) == index]
        last = tuple(value for value in values if value % 100 < len(KEYS))
        digits = tuple(sorted(Counter(("digit", value % 3) for value in values).items()))
        results.append((repr(key), sum(values), last, digits, max(values), sum(values) / len(values)))
    return Counter(results)


def environment(backend: str, parallelism: int = 1, **settings: str) -> StreamExecutionEnvironment:
    needs_rocksdb(backend)
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    backends = {
        "hashmap": HashMapStateBackend(),
        "rocksdb": EmbeddedRocksDBStateBackend(),
        "incremental": EmbeddedRocksDBStateBackend(enable_incremental_checkpointing=True),
    }
    return env.set_parallelism(parallelism).set_state_backend(backends[backend])


def numbers(env: StreamExecutionEnvironment, function: KeyedProcessFunction) -> Any:
    # one split, so that each key's values come in their order
    source = env.from_source(NumberSequenceSource(0, N - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    keyed = source.set_parallelism(1).uid("numbers").key_by(lambda value: KEYS[value % len(KEYS)])
    return keyed.process(function).uid("everything")


def run(stream: Any) -> Counter[Any]:
    with stream.execute_and_collect() as results:
        return Counter(results)


def retained(env: StreamExecutionEnvironment, directory: Path, function: KeyedProcessFunction) -> Path:
    """The last checkpoint of a job that fails near its end."""
    config = env.enable_checkpointing(10).get_checkpoint_config().set_checkpoint_storage_dir(directory.as_uri())
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    FAILS[:], AWAITED[:] = [N - 5], [directory]
    with pytest.raises(Broken):
        run(numbers(env, function))
    (checkpoint,) = directory.glob("*/chk-*")
    return checkpoint


@pytest.mark.parametrize("expiring", [False, True])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("hashmap", 1), ("rocksdb", 2)),
        (("incremental", 2), ("hashmap", 3)),
        (("rocksdb", 1), ("hashmap", 1)),
        (("incremental", 3), ("incremental", 2)),
        (("incremental", 2), ("rocksdb", 2)),
    ],
)
def test_a_checkpoint_of_one_backend_is_restored_in_the_other(
    tmp_path: Path, before: tuple[str, int], after: tuple[str, int], expiring: bool
) -> None:
    ttl = StateTtlConfig.new_builder(Time.hours(1)).build() if expiring else None
    needs_rocksdb(before[0], after[0])
    checkpoint = retained(environment(*before), tmp_path, Everything(ttl))
    again = environment(*after, execution__state_recovery__path=checkpoint.as_uri())
    assert run(numbers(again, Everything(ttl))) == expected()


@pytest.mark.parametrize("backend", ["rocksdb", "incremental"])
def test_a_job_in_rocksdb_is_started_again(tmp_path: Path, backend: str) -> None:
    env = environment(backend, 2)
    env.enable_checkpointing(10).get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:] = [N // 2, N - 5]
    # a subtask may have emitted its results before another one fails, and collecting is at least once
    assert set(run(numbers(env, Everything()))) == set(expected())
    assert not list(tmp_path.glob("*/*")), "files that checkpoints share go with the last of them"


def test_incremental_checkpoints_share_files(tmp_path: Path) -> None:
    checkpoint = retained(environment("incremental"), tmp_path, Everything())
    assert list((checkpoint.parent / "shared").iterdir())
    checkpoint = retained(environment("rocksdb"), tmp_path / "full", Everything())
    assert not (checkpoint.parent / "shared").exists()


class InPlace(Everything):
    """Changes what it has from state and does not put it back: in memory it is the same object."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        meet(value)
        seen = self.seen.value()
        if seen is None:
            self.seen.update(seen := [0, 0])
        seen[0] += 1
        seen[1] += value
        ctx.timer_service().register_event_time_timer(END)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        yield ctx.get_current_key(), tuple(self.seen.value())


def test_a_checkpoint_has_objects_as_they_were_at_the_barrier(tmp_path: Path) -> None:
    """Many keys, so that most of them change while the snapshot is being taken."""
    keys = 5_000

    def job(env: StreamExecutionEnvironment) -> Any:
        source = NumberSequenceSource(0, N - 1)
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
        keyed = stream.set_parallelism(1).uid("numbers").key_by(lambda value: value % keys)
        return keyed.process(InPlace()).uid("in place")

    env = environment("hashmap", 2)
    env.enable_checkpointing(10).get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(3, 0))
    FAILS[:], AWAITED[:] = [N // 3, N // 2, N - 5], [tmp_path]
    per_key = N // keys
    # the values of a key are key, key + keys, key + 2 keys, …
    sums = {key: (per_key, per_key * key + keys * per_key * (per_key - 1) // 2) for key in range(keys)}
    assert set(run(job(env))) == set(sums.items())


# --- where it is


class Looks(KeyedProcessFunction):
    """Yields what is in a directory while it has state."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def open(self, runtime_context: RuntimeContext) -> None:
        self.state = runtime_context.get_state(ValueStateDescriptor("state", Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.state.update(value)
        yield len(list(self.directory.glob("flott-rocksdb-*/db/CURRENT")))


def test_databases_are_where_they_are_wanted_and_are_removed(tmp_path: Path) -> None:
    needs_rocksdb("rocksdb")
    backend = EmbeddedRocksDBStateBackend()
    backend.set_db_storage_paths(str(tmp_path))
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1).set_state_backend(backend)
    stream = env.from_collection([1]).key_by(lambda value: value).process(Looks(tmp_path))
    assert list(run(stream)) == [1]
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    needs_rocksdb("rocksdb")
    (tmp_path / "file").write_text("")
    backend = EmbeddedRocksDBStateBackend()
    backend.set_db_storage_paths(str(tmp_path / "file"))
    env = StreamExecutionEnvironment.get_execution_environment().set_state_backend(backend)
    with pytest.raises(ConfigurationError, match=f"state can't be kept in '{tmp_path / 'file'}'"):
        run(env.from_collection([1]).key_by(lambda value: value).process(Looks(tmp_path)))


def test_a_backend_that_there_is_not_is_refused() -> None:
    configuration = Configuration()
    configuration.set_string("state.backend.type", "cassandra")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    with pytest.raises(ValueError, match="'cassandra' is no state backend"):
        run(env.from_collection([1]).key_by(lambda value: value).process(Looks(Path())))


def test_another_kind_of_state_under_the_same_name_is_refused(tmp_path: Path) -> None:
    class Other(Everything):
        def open(self, runtime_context: RuntimeContext) -> None:
            runtime_context.get_list_state(ListStateDescriptor("total", Types.LONG()))

    checkpoint = retained(environment("rocksdb"), tmp_path, Everything())
    for backend in ("rocksdb", "hashmap"):
        again = environment(backend, execution__state_recovery__path=checkpoint.as_uri())
        with pytest.raises(TypeError, match="'total' is a ValueState in the checkpoint"):
            run(numbers(again, Other()))


# --- cleaning up


class Remembers(KeyedProcessFunction):
    """Of the record `(key, what)`: writes the key down, looks whether it is there, or reads another state."""

    def __init__(self, config: StateTtlConfig) -> None:
        self.config = config

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = ValueStateDescriptor("v", Types.STRING())
        descriptor.enable_time_to_live(self.config)
        self.state = runtime_context.get_state(descriptor)

    def process_element(self, value: tuple[str, str], ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        key, what = value
        if what == "write":
            self.state.update(key)
        elif what == "read":
            yield self.state.value()


def seen_after(config: StateTtlConfig, *between: tuple[str, str]) -> Any:
    """What can be read of `old`, which has expired, behind other records."""
    with one_input_harness(Remembers(config), lambda value: value[0]) as h:
        h.process_element(("old", "write"))
        h.set_processing_time(100)
        for record in between:
            h.process_element(record)
        h.process_element(("old", "read"))
        return h.extract_output_values()[-1]


def test_each_use_of_state_cleans_up_a_little() -> None:
    """The value can be read after its time only if nothing has cleaned it up."""
    builder = StateTtlConfig.new_builder(Time.milliseconds(50)).return_expired_if_not_cleaned_up()
    in_background = builder.build()
    assert seen_after(in_background) == "old"
    assert seen_after(in_background, ("new", "nothing")) == "old", "the state was not used"
    assert seen_after(in_background, ("new", "write")) is None
    at_records = builder.cleanup_incrementally(10, True).build()
    assert seen_after(at_records, ("new", "nothing")) is None
    off = StateTtlConfig.new_builder(Time.milliseconds(50)).return_expired_if_not_cleaned_up()
    assert seen_after(off.disable_cleanup_in_background().build(), ("new", "write")) == "old"


class Large(Everything):
    """Keeps a megabyte that expires at once."""

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = ValueStateDescriptor("large", Types.PICKLED_BYTE_ARRAY())
        assert self.ttl is not None
        descriptor.enable_time_to_live(self.ttl)
        self.large = runtime_context.get_state(descriptor)

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        meet(value)
        if value == 0:
            self.large.update(bytes(1 << 20))
        yield from ()


@pytest.mark.parametrize("left_out", [False, True])
def test_a_snapshot_can_leave_out_what_has_expired(tmp_path: Path, left_out: bool) -> None:
    builder = StateTtlConfig.new_builder(Time.milliseconds(1)).disable_cleanup_in_background()
    ttl = (builder.cleanup_full_snapshot() if left_out else builder).build()
    checkpoint = retained(environment("hashmap"), tmp_path, Large(ttl))
    size = sum(file.stat().st_size for file in checkpoint.iterdir())
    assert (size < 1 << 20) == left_out
