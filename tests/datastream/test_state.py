"""State descriptors, time to live, output tags."""

from __future__ import annotations

from typing import Any

import pytest

from flott.common import Duration, Time, Types
from flott.datastream import AggregateFunction, OutputTag
from flott.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)


def test_descriptors() -> None:
    assert ValueStateDescriptor("a", Types.INT()).type_info == Types.INT()
    assert ListStateDescriptor("a", Types.INT()).type_info == Types.LIST(Types.INT())
    assert MapStateDescriptor("a", Types.INT(), Types.STRING()).type_info == Types.MAP(Types.INT(), Types.STRING())
    reducing = ReducingStateDescriptor("a", lambda x, y: x + y, Types.INT())
    assert reducing.get_reduce_function().reduce(1, 2) == 3
    assert reducing.get_name() == "a"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReducingStateDescriptor("a", 5, Types.INT()),  # type: ignore[arg-type]
        lambda: ReducingStateDescriptor("a", lambda x: x, Types.INT()),  # type: ignore[arg-type,misc]
        lambda: AggregatingStateDescriptor("a", lambda x: x, Types.INT()),  # type: ignore[arg-type]
        lambda: AggregatingStateDescriptor("a", AggregateFunction, Types.INT()),  # type: ignore[arg-type]
        lambda: ValueStateDescriptor("a", int),  # type: ignore[arg-type]
        lambda: ValueStateDescriptor("a", Types.INT()).enable_time_to_live(Time.hours(1)),  # type: ignore[arg-type]
    ],
)
def test_wrong_arguments(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


def test_a_state_needs_a_name() -> None:
    with pytest.raises(ValueError, match="name"):
        ValueStateDescriptor("", Types.INT())


def test_time_to_live_defaults() -> None:
    ttl = StateTtlConfig.new_builder(Time.seconds(1)).build()
    assert repr(ttl) == (
        "StateTtlConfig<update_type=UpdateType.OnCreateAndWrite, state_visibility=StateVisibility.NeverReturnExpired,"
        "ttl_time_characteristic =TtlTimeCharacteristic.ProcessingTime,ttl=1000 ms>"
    )
    cleanup = ttl.get_cleanup_strategies()
    assert ttl.is_enabled() and cleanup.is_cleanup_in_background() and not cleanup.in_full_snapshot()
    incremental = cleanup.get_incremental_cleanup_strategy()
    assert incremental is not None and incremental.get_cleanup_size() == 5
    rocksdb = cleanup.get_rocksdb_compact_filter_cleanup_strategy()
    assert rocksdb is not None and rocksdb.get_query_time_after_num_entries() == 1000


def test_time_to_live_settings() -> None:
    ttl = (
        StateTtlConfig.new_builder(Time.days(1))
        .update_ttl_on_read_and_write()
        .return_expired_if_not_cleaned_up()
        .cleanup_full_snapshot()
        .cleanup_incrementally(7, True)
        .cleanup_in_rocksdb_compact_filter(100)
        .disable_cleanup_in_background()
        .build()
    )
    assert ttl.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
    assert ttl.get_state_visibility() is StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
    cleanup = ttl.get_cleanup_strategies()
    incremental = cleanup.get_incremental_cleanup_strategy()
    rocksdb = cleanup.get_rocksdb_compact_filter_cleanup_strategy()
    assert cleanup.in_full_snapshot() and not cleanup.is_cleanup_in_background()
    assert incremental is not None and rocksdb is not None
    assert (incremental.get_cleanup_size(), incremental.run_cleanup_for_every_record()) == (7, True)
    assert rocksdb.get_periodic_compaction_time() == Duration.of_days(30)
    off = StateTtlConfig.new_builder(Time.days(1)).disable_cleanup_in_background().build().get_cleanup_strategies()
    assert off.get_incremental_cleanup_strategy() is None


def test_map_state_can_be_used_like_a_dict() -> None:
    class Entries(MapState[str, int]):
        def __init__(self) -> None:
            self.entries: dict[str, int] = {}

        def clear(self) -> None:
            self.entries.clear()

        def get(self, key: str) -> int:
            return self.entries[key]

        def put(self, key: str, value: int) -> None:
            self.entries[key] = value

        def put_all(self, dict_value: dict[str, int]) -> None:
            self.entries.update(dict_value)

        def remove(self, key: str) -> None:
            del self.entries[key]

        def contains(self, key: str) -> bool:
            return key in self.entries

        def items(self) -> Any:
            return self.entries.items()

        def keys(self) -> Any:
            return self.entries.keys()

        def values(self) -> Any:
            return self.entries.values()

        def is_empty(self) -> bool:
            return not self.entries

    state = Entries()
    state["a"] = 1
    state["b"] = 2
    del state["a"]
    assert "b" in state and "a" not in state and state["b"] == 2 and list(state) == ["b"]


def test_output_tag() -> None:
    assert OutputTag("late").type_info == Types.PICKLED_BYTE_ARRAY()
    assert OutputTag("late", [Types.INT()]).type_info == Types.ROW([Types.INT()])
    assert OutputTag("late", Types.INT()) == OutputTag("late")
    with pytest.raises(ValueError, match="empty"):
        OutputTag("")
    with pytest.raises(TypeError, match="Types.LONG"):
        OutputTag("late", int)  # type: ignore[arg-type]
