"""State: what a function remembers of a key, or of a broadcast stream, between records.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from flott._reexports import reexport
from flott.common.time import Duration, Time
from flott.common.typeinfo import ListTypeInfo, MapTypeInfo, PickledBytesTypeInfo, TypeInformation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flott.datastream.functions.base import AggregateFunction, ReduceFunction

__all__ = [
    "AggregatingState",
    "AggregatingStateDescriptor",
    "BroadcastState",
    "ListState",
    "ListStateDescriptor",
    "MapState",
    "MapStateDescriptor",
    "OperatorStateStore",
    "ReadOnlyBroadcastState",
    "ReducingState",
    "ReducingStateDescriptor",
    "StateTtlConfig",
    "ValueState",
    "ValueStateDescriptor",
]

reexport(__name__)

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class OperatorStateStore(ABC):
    """Gives a function the state that does not belong to a key; see
    :class:`flott.datastream.functions.CheckpointedFunction`.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#operator-state
    """

    @abstractmethod
    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        """The broadcast state of that descriptor."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """A list of the subtask's own (beyond PyFlink). When the job goes on at another parallelism the elements of all
        subtasks are dealt out one by one.

        :raises TypeError: if the descriptor is of another kind of state
        """

    @abstractmethod
    def get_union_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """A list of the subtask's own (beyond PyFlink). When the job goes on every subtask is given those of all.

        :raises TypeError: if the descriptor is of another kind of state
        """


class State(ABC):
    """What all kinds of state share. Keyed state is always that of the current record's key."""

    @classmethod
    def __subclasshook__(cls, subclass: type) -> Any:
        # the engine's own are native, and loaded only when a job starts
        if subclass.__module__ == "flott._flott":
            return cls.__name__ in (subclass.__name__, *_ABOVE.get(subclass.__name__, ()))
        return NotImplemented

    @abstractmethod
    def clear(self) -> None:
        """Forgets it."""


_MERGING = ("MergingState", "AppendingState", "State")
#: What a native class of that name counts as beside the class of its own name.
_ABOVE = {
    "ValueState": ("State",),
    "MapState": ("State",),
    "ListState": _MERGING,
    "ReducingState": _MERGING,
    "AggregatingState": _MERGING,
    "ReadOnlyBroadcastState": ("State",),
    "BroadcastState": ("ReadOnlyBroadcastState", "State"),
}


class ValueState(State, Generic[T]):
    """One value a key."""

    @abstractmethod
    def value(self) -> T:
        """The value, or None if there is none."""

    @abstractmethod
    def update(self, value: T) -> None:
        """Sets the value; None clears it."""


class AppendingState(State, Generic[IN, OUT]):
    """State to which values are added."""

    @abstractmethod
    def get(self) -> OUT:
        """What the values added so far have become, or None if there is none."""

    @abstractmethod
    def add(self, value: IN) -> None:
        """Adds a value."""


class MergingState(AppendingState[IN, OUT]):
    """State that can be merged, as session windows need."""


class ReducingState(MergingState[T, T]):
    """One value a key, into which each added one is reduced."""


class AggregatingState(MergingState[IN, OUT]):
    """One accumulator a key, to which each value is added."""


class ListState(MergingState[T, "Iterable[T]"]):
    """A list a key."""

    @abstractmethod
    def update(self, values: list[T]) -> None:
        """Takes ``values`` in the place of the list."""

    @abstractmethod
    def add_all(self, values: list[T]) -> None:
        """Adds each of ``values``."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.get() or ())


class MapState(State, Generic[K, V]):
    """A dict a key; it can be used like one."""

    @abstractmethod
    def get(self, key: K) -> V:
        """The value of ``key``, or None if there is none."""

    @abstractmethod
    def put(self, key: K, value: V) -> None:
        """Sets the value of ``key``."""

    @abstractmethod
    def put_all(self, dict_value: dict[K, V]) -> None:
        """Sets every entry of ``dict_value``."""

    @abstractmethod
    def remove(self, key: K) -> None:
        """Removes an entry; without effect if there is none."""

    @abstractmethod
    def contains(self, key: K) -> bool:
        """Whether there is an entry."""

    @abstractmethod
    def items(self) -> Iterable[tuple[K, V]]:
        """The entries."""

    @abstractmethod
    def keys(self) -> Iterable[K]:
        """The keys of the entries."""

    @abstractmethod
    def values(self) -> Iterable[V]:
        """The values of the entries."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there are no entries."""

    def __getitem__(self, key: K) -> V:
        return self.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)

    def __contains__(self, key: K) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())


class ReadOnlyBroadcastState(State, Generic[K, V]):
    """A dict that all subtasks share, to read."""

    @abstractmethod
    def get(self, key: K) -> V:
        """The value of ``key``, or None if there is none."""

    @abstractmethod
    def contains(self, key: K) -> bool:
        """Whether there is an entry."""

    @abstractmethod
    def items(self) -> Iterable[tuple[K, V]]:
        """The entries."""

    @abstractmethod
    def keys(self) -> Iterable[K]:
        """The keys of the entries."""

    @abstractmethod
    def values(self) -> Iterable[V]:
        """The values of the entries."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there are no entries."""

    def __getitem__(self, key: K) -> V:
        return self.get(key)

    def __contains__(self, key: K) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())


class BroadcastState(ReadOnlyBroadcastState[K, V]):
    """A dict that all subtasks share, to read and change."""

    @abstractmethod
    def put(self, key: K, value: V) -> None:
        """Sets the value of ``key``."""

    @abstractmethod
    def put_all(self, dict_value: dict[K, V]) -> None:
        """Sets every entry of ``dict_value``."""

    @abstractmethod
    def remove(self, key: K) -> None:
        """Removes an entry; without effect if there is none."""

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)


class StateDescriptor(ABC):
    """The name and the type of a state."""

    def __init__(self, name: str, type_info: TypeInformation) -> None:
        """:raises TypeError: if the type is not type information
        :raises ValueError: if the name is empty
        """
        if not isinstance(name, str) or not name:
            raise ValueError(f"a state needs a name, a string of at least one character, not {name!r}")
        self.name = name
        self.type_info = _type(type_info, f"{type(self).__name__}('{name}')")
        self._ttl_config: StateTtlConfig | None = None

    def get_name(self) -> str:
        """The name of the state."""
        return self.name

    def enable_time_to_live(self, ttl_config: StateTtlConfig) -> None:
        """Lets the state expire."""
        if not isinstance(ttl_config, StateTtlConfig):
            raise TypeError(
                "enable_time_to_live takes what StateTtlConfig.new_builder(Time.hours(1)).build() returns, "
                f"not {ttl_config!r}"
            )
        self._ttl_config = ttl_config

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.type_info!r})"


class ValueStateDescriptor(StateDescriptor):
    """Describes a :class:`ValueState`: ``ValueStateDescriptor("count", Types.LONG())``."""

    def __init__(self, name: str, value_type_info: TypeInformation) -> None:
        super().__init__(name, value_type_info)


class ListStateDescriptor(StateDescriptor):
    """Describes a :class:`ListState`."""

    def __init__(self, name: str, elem_type_info: TypeInformation) -> None:
        super().__init__(name, ListTypeInfo(_type(elem_type_info, f"ListStateDescriptor('{name}')")))


class MapStateDescriptor(StateDescriptor):
    """Describes a :class:`MapState`, or a broadcast state."""

    def __init__(self, name: str, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        what = f"MapStateDescriptor('{name}')"
        super().__init__(name, MapTypeInfo(_type(key_type_info, what), _type(value_type_info, what)))


class ReducingStateDescriptor(StateDescriptor):
    """Describes a :class:`ReducingState`."""

    def __init__(
        self, name: str, reduce_function: ReduceFunction | Callable[[Any, Any], Any], type_info: TypeInformation
    ) -> None:
        """:raises TypeError: if it is neither a :class:`ReduceFunction` nor a function of two arguments"""
        from flott.datastream.functions.base import ReduceFunction
        from flott.datastream.functions.wrapper import as_function

        super().__init__(name, type_info)
        reducer: Any = ReduceFunction
        self._reduce_function: ReduceFunction = as_function(
            reduce_function, reducer, f"ReducingStateDescriptor('{name}')"
        )

    def get_reduce_function(self) -> ReduceFunction:
        """How values are reduced."""
        return self._reduce_function


class AggregatingStateDescriptor(StateDescriptor):
    """Describes an :class:`AggregatingState`."""

    def __init__(self, name: str, agg_function: AggregateFunction, state_type_info: TypeInformation) -> None:
        """:raises TypeError: if it is not an :class:`AggregateFunction`"""
        from flott.datastream.functions.base import AggregateFunction
        from flott.datastream.functions.wrapper import as_function

        super().__init__(name, state_type_info)
        aggregator: Any = AggregateFunction
        self._agg_function: AggregateFunction = as_function(
            agg_function, aggregator, f"AggregatingStateDescriptor('{name}')"
        )

    def get_agg_function(self) -> AggregateFunction:
        """How values are added."""
        return self._agg_function


class StateTtlConfig:
    """When state expires and how it is cleaned up::

        ttl = StateTtlConfig.new_builder(Time.days(1)).never_return_expired().build()

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#state-time-to-live-ttl
    """

    class UpdateType(Enum):
        """What makes state younger."""

        Disabled = 0
        OnCreateAndWrite = 1
        OnReadAndWrite = 2

    class StateVisibility(Enum):
        """Whether expired state that is still there can be read."""

        ReturnExpiredIfNotCleanedUp = 0
        NeverReturnExpired = 1

    class TtlTimeCharacteristic(Enum):
        """By which clock state ages."""

        ProcessingTime = 0

    def __init__(
        self,
        update_type: StateTtlConfig.UpdateType,
        state_visibility: StateTtlConfig.StateVisibility,
        ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic,
        ttl: Time,
        cleanup_strategies: StateTtlConfig.CleanupStrategies,
    ) -> None:
        """Use :meth:`new_builder`."""
        self._update_type = update_type
        self._state_visibility = state_visibility
        self._ttl_time_characteristic = ttl_time_characteristic
        self._ttl = ttl
        self._cleanup_strategies = cleanup_strategies

    @staticmethod
    def new_builder(ttl: Time) -> StateTtlConfig.Builder:
        """Starts a configuration of state that expires after ``ttl``."""
        return StateTtlConfig.Builder(ttl)

    def get_update_type(self) -> StateTtlConfig.UpdateType:
        """What makes state younger."""
        return self._update_type

    def get_state_visibility(self) -> StateTtlConfig.StateVisibility:
        """Whether expired state that is still there can be read."""
        return self._state_visibility

    def get_ttl(self) -> Time:
        """After how long state expires."""
        return self._ttl

    def get_ttl_time_characteristic(self) -> StateTtlConfig.TtlTimeCharacteristic:
        """By which clock state ages."""
        return self._ttl_time_characteristic

    def is_enabled(self) -> bool:
        """Whether state expires at all."""
        return self._update_type is not StateTtlConfig.UpdateType.Disabled

    def get_cleanup_strategies(self) -> StateTtlConfig.CleanupStrategies:
        """How expired state is cleaned up."""
        return self._cleanup_strategies

    def __repr__(self) -> str:
        return (
            f"StateTtlConfig<update_type={self._update_type}, state_visibility={self._state_visibility},"
            f"ttl_time_characteristic ={self._ttl_time_characteristic},ttl={self._ttl}>"
        )

    class Builder:
        """Makes a :class:`StateTtlConfig`."""

        def __init__(self, ttl: Time) -> None:
            self._cleanup_in_background = True
            self._strategies: dict[
                StateTtlConfig.CleanupStrategies.Strategies, StateTtlConfig.CleanupStrategies.CleanupStrategy
            ] = {}
            self._update_type = StateTtlConfig.UpdateType.OnCreateAndWrite
            self._state_visibility = StateTtlConfig.StateVisibility.NeverReturnExpired
            self._ttl_time_characteristic = StateTtlConfig.TtlTimeCharacteristic.ProcessingTime
            self.set_ttl(ttl)

        def set_update_type(self, update_type: StateTtlConfig.UpdateType) -> StateTtlConfig.Builder:
            """Sets what makes state younger; ``OnCreateAndWrite`` unless set."""
            self._update_type = update_type
            return self

        def update_ttl_on_create_and_write(self) -> StateTtlConfig.Builder:
            """State is as old as its last change."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)

        def update_ttl_on_read_and_write(self) -> StateTtlConfig.Builder:
            """State is as old as its last change or the last time it was read."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)

        def set_state_visibility(self, state_visibility: StateTtlConfig.StateVisibility) -> StateTtlConfig.Builder:
            """Sets whether expired state can be read; ``NeverReturnExpired`` unless set."""
            self._state_visibility = state_visibility
            return self

        def return_expired_if_not_cleaned_up(self) -> StateTtlConfig.Builder:
            """Expired state can be read as long as it is there."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)

        def never_return_expired(self) -> StateTtlConfig.Builder:
            """Expired state cannot be read."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)

        def set_ttl_time_characteristic(
            self, ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic
        ) -> StateTtlConfig.Builder:
            """Sets by which clock state ages; there is only ``ProcessingTime``."""
            self._ttl_time_characteristic = ttl_time_characteristic
            return self

        def use_processing_time(self) -> StateTtlConfig.Builder:
            """State ages by the machine's clock."""
            return self.set_ttl_time_characteristic(StateTtlConfig.TtlTimeCharacteristic.ProcessingTime)

        def cleanup_full_snapshot(self) -> StateTtlConfig.Builder:
            """Leaves expired state out of full snapshots."""
            strategies = StateTtlConfig.CleanupStrategies
            self._strategies[strategies.Strategies.FULL_STATE_SCAN_SNAPSHOT] = strategies.EMPTY_STRATEGY
            return self

        def cleanup_incrementally(
            self, cleanup_size: int, run_cleanup_for_every_record: bool
        ) -> StateTtlConfig.Builder:
            """Looks at ``cleanup_size`` entries each time state is used, or for every record (heap backend)."""
            strategies = StateTtlConfig.CleanupStrategies
            self._strategies[strategies.Strategies.INCREMENTAL_CLEANUP] = strategies.IncrementalCleanupStrategy(
                cleanup_size, run_cleanup_for_every_record
            )
            return self

        def cleanup_in_rocksdb_compact_filter(
            self, query_time_after_num_entries: int, periodic_compaction_time: Duration | None = None
        ) -> StateTtlConfig.Builder:
            """Drops expired state when RocksDB compacts its files.

            :param query_time_after_num_entries: after how many entries to look at the clock again
            :param periodic_compaction_time: compact files that are older; 30 days unless given
            """
            strategies = StateTtlConfig.CleanupStrategies
            self._strategies[strategies.Strategies.ROCKSDB_COMPACTION_FILTER] = (
                strategies.RocksdbCompactFilterCleanupStrategy(query_time_after_num_entries, periodic_compaction_time)
            )
            return self

        def disable_cleanup_in_background(self) -> StateTtlConfig.Builder:
            """Cleans up only what is read, unless a strategy was chosen."""
            self._cleanup_in_background = False
            return self

        def set_ttl(self, ttl: Time) -> StateTtlConfig.Builder:
            """Sets after how long state expires.

            :raises TypeError: if it is not a :class:`flott.common.Time`
            """
            if not isinstance(ttl, Time):
                raise TypeError(f"a time to live is a Time such as Time.hours(1), not {ttl!r}")
            self._ttl = ttl
            return self

        def build(self) -> StateTtlConfig:
            """The configuration."""
            return StateTtlConfig(
                self._update_type,
                self._state_visibility,
                self._ttl_time_characteristic,
                self._ttl,
                StateTtlConfig.CleanupStrategies(dict(self._strategies), self._cleanup_in_background),
            )

    class CleanupStrategies:
        """How expired state is cleaned up."""

        class Strategies(Enum):
            """The ways there are."""

            FULL_STATE_SCAN_SNAPSHOT = 0
            INCREMENTAL_CLEANUP = 1
            ROCKSDB_COMPACTION_FILTER = 2

        class CleanupStrategy(ABC):
            """One way with its settings."""

        class EmptyCleanupStrategy(CleanupStrategy):
            """A way without settings."""

        class IncrementalCleanupStrategy(CleanupStrategy):
            """Cleans up a few entries at a time."""

            def __init__(self, cleanup_size: int, run_cleanup_for_every_record: bool) -> None:
                self._cleanup_size = cleanup_size
                self._run_cleanup_for_every_record = run_cleanup_for_every_record

            def get_cleanup_size(self) -> int:
                """How many entries are looked at each time."""
                return self._cleanup_size

            def run_cleanup_for_every_record(self) -> bool:
                """Whether it happens for every record, not only when state is used."""
                return self._run_cleanup_for_every_record

        class RocksdbCompactFilterCleanupStrategy(CleanupStrategy):
            """Drops expired state when RocksDB compacts its files."""

            def __init__(
                self, query_time_after_num_entries: int, periodic_compaction_time: Duration | None = None
            ) -> None:
                self._query_time_after_num_entries = query_time_after_num_entries
                self._periodic_compaction_time = (
                    Duration.of_days(30) if periodic_compaction_time is None else periodic_compaction_time
                )

            def get_query_time_after_num_entries(self) -> int:
                """After how many entries the clock is looked at again."""
                return self._query_time_after_num_entries

            def get_periodic_compaction_time(self) -> Duration:
                """Files older than this are compacted."""
                return self._periodic_compaction_time

        EMPTY_STRATEGY: ClassVar[StateTtlConfig.CleanupStrategies.EmptyCleanupStrategy] = EmptyCleanupStrategy()

        def __init__(
            self,
            strategies: dict[
                StateTtlConfig.CleanupStrategies.Strategies, StateTtlConfig.CleanupStrategies.CleanupStrategy
            ],
            is_cleanup_in_background: bool,
        ) -> None:
            self._strategies = strategies
            self._is_cleanup_in_background = is_cleanup_in_background

        def is_cleanup_in_background(self) -> bool:
            """Whether expired state is cleaned up without being read."""
            return self._is_cleanup_in_background

        def in_full_snapshot(self) -> bool:
            """Whether full snapshots leave out expired state."""
            return self.Strategies.FULL_STATE_SCAN_SNAPSHOT in self._strategies

        def get_incremental_cleanup_strategy(
            self,
        ) -> StateTtlConfig.CleanupStrategies.IncrementalCleanupStrategy | None:
            """The settings of incremental cleanup: those chosen, else 5 entries at a time unless it is off."""
            cleanup = StateTtlConfig.CleanupStrategies
            chosen = self._strategies.get(self.Strategies.INCREMENTAL_CLEANUP)
            if isinstance(chosen, cleanup.IncrementalCleanupStrategy):
                return chosen
            return cleanup.IncrementalCleanupStrategy(5, False) if self._is_cleanup_in_background else None

        def get_rocksdb_compact_filter_cleanup_strategy(
            self,
        ) -> StateTtlConfig.CleanupStrategies.RocksdbCompactFilterCleanupStrategy | None:
            """The settings of cleanup in RocksDB: those chosen, else every 1000 entries unless it is off."""
            cleanup = StateTtlConfig.CleanupStrategies
            chosen = self._strategies.get(self.Strategies.ROCKSDB_COMPACTION_FILTER)
            if isinstance(chosen, cleanup.RocksdbCompactFilterCleanupStrategy):
                return chosen
            return cleanup.RocksdbCompactFilterCleanupStrategy(1000) if self._is_cleanup_in_background else None


def _type(given: Any, what: str) -> TypeInformation:
    """``given``, or any Python object for None; a TypeError for anything else."""
    if given is None:
        return PickledBytesTypeInfo()
    from flott.common._checks import type_information

    return type_information(given, f"the type of {what}")
