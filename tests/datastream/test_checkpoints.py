"""Jobs that fail and go on: restarts, and restoring from a checkpoint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flott.common import Configuration, RestartStrategies, Types
from flott.common.watermark_strategy import WatermarkStrategy
from flott.datastream import (
    ExternalizedCheckpointRetention,
    KeyedProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors import NumberSequenceSource
from flott.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from flott.errors import ConfigurationError
from tests.datastream.failing import AWAITED, FAILS, Broken, meet

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("backend")

#: More than all channels of the jobs can hold: the source is still there when checkpoints are taken.
N = 60_000
KEYS = 7


class Totals(KeyedProcessFunction):
    """Counts by key in three kinds of state; a timer at the end emits what there is."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))
        self.last = runtime_context.get_list_state(ListStateDescriptor("last", Types.LONG()))
        self.digits = runtime_context.get_map_state(MapStateDescriptor("digits", Types.LONG(), Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        meet(value)
        self.total.update((self.total.value() or 0) + value)
        self.last.update([*list(self.last)[-2:], value])
        self.digits.put(value % 10, (self.digits.get(value % 10) or 0) + 1)
        ctx.timer_service().register_event_time_timer(2**62 + value % 2)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        if timestamp == 2**62:
            yield ctx.get_current_key(), self.total.value(), tuple(self.last), tuple(sorted(self.digits.items()))


def expected() -> Counter[Any]:
    """The same by hand: plain lists and sums."""
    results = []
    for key in range(KEYS):
        values = [value for value in range(N) if value % KEYS == key]
        digits = tuple(sorted(Counter(value % 10 for value in values).items()))
        results.append((key, sum(values), tuple(values[-3:]), digits))
    return Counter(results)


def environment(parallelism: int = 1, **settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", ".").replace("_", "-"), value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    return env.set_parallelism(parallelism)


def numbers(env: StreamExecutionEnvironment, function: KeyedProcessFunction) -> Any:
    # one split, so that each key's values come in their order
    source = env.from_source(NumberSequenceSource(0, N - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    return source.set_parallelism(1).uid("numbers").key_by(lambda value: value % KEYS).process(function).uid("totals")


def run(stream: Any) -> Counter[Any]:
    with stream.execute_and_collect() as results:
        return Counter(results)


@pytest.mark.parametrize("parallelism", [1, 3])
def test_a_job_that_fails_is_started_again_from_its_last_checkpoint(parallelism: int) -> None:
    env = environment(parallelism)
    env.enable_checkpointing(10)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:] = [N // 2, N - 5]
    # a subtask may have emitted its results before another one fails, and collecting is at least once
    assert set(run(numbers(env, Totals()))) == set(expected())
    assert not FAILS


def test_without_a_strategy_the_first_failure_is_the_last() -> None:
    env = environment()
    env.enable_checkpointing(10)
    FAILS[:] = [5000, 5000]
    with pytest.raises(Broken, match="5000"):
        run(numbers(env, Totals()))
    assert len(FAILS) == 1


def test_not_more_often_than_the_strategy_says() -> None:
    env = environment()
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(2, 0))
    FAILS[:] = [10, 10, 10, 10]
    with pytest.raises(Broken):
        run(numbers(env, Totals()))
    assert len(FAILS) == 1, "the first start and two more"


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (4, 2)])
def test_a_job_goes_on_from_a_checkpoint_at_another_parallelism(tmp_path: Path, before: int, after: int) -> None:
    """The second job reads on where the first one's checkpoint stands, with its state and timers."""
    env = environment(before)
    env.enable_checkpointing(10)
    config = env.get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    FAILS[:], AWAITED[:] = [N - 5], [tmp_path]
    with pytest.raises(Broken):
        run(numbers(env, Totals()))
    (checkpoint,) = tmp_path.glob("*/chk-*")
    assert (checkpoint / "_metadata").exists()

    again = environment(after, execution__state_recovery__path=checkpoint.as_uri())
    assert run(numbers(again, Totals())) == expected()


def test_a_checkpoint_goes_with_its_job_unless_it_is_to_stay(tmp_path: Path) -> None:
    for fails in ([], [N - 5]):
        env = environment()
        env.enable_checkpointing(10).get_checkpoint_config().set_checkpoint_storage_dir(tmp_path.as_uri())
        FAILS[:] = fails
        if fails:
            with pytest.raises(Broken):
                run(numbers(env, Totals()))
        else:
            run(numbers(env, Totals()))
        assert not list(tmp_path.glob("*/chk-*"))


def test_a_path_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    env = environment(execution__state_recovery__path=(tmp_path / "chk-3").as_uri())
    with pytest.raises(ConfigurationError, match="no checkpoint in .*chk-3"):
        run(numbers(env, Totals()))


def test_what_cannot_be_stored_names_state_and_key() -> None:
    class Keeps(KeyedProcessFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            self.kept = runtime_context.get_state(ValueStateDescriptor("kept", Types.PICKLED_BYTE_ARRAY()))

        def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
            self.kept.update(lambda: value)
            yield from ()

    env = environment()
    env.enable_checkpointing(10)
    with pytest.raises(TypeError, match=r"state 'kept' of the key \d can't be (stored in a checkpoint|kept)"):
        run(numbers(env, Keeps()))
