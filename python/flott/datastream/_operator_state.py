"""Between the engine's lists and a :class:`CheckpointedFunction`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flott.datastream._columns import conform
from flott.datastream.functions.checkpointed import (
    CheckpointedFunction,
    FunctionInitializationContext,
    FunctionSnapshotContext,
)
from flott.datastream.state import ListState, ListStateDescriptor, OperatorStateStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott._flott import OperatorState, Subtask
    from flott.common.typeinfo import ListTypeInfo
    from flott.datastream.state import BroadcastState, MapStateDescriptor

__all__ = ["initialize_state"]


def initialize_state(function: Any, subtask: Subtask) -> None:
    """Gives a function its operator state, if it is one that has some."""
    if not isinstance(function, CheckpointedFunction):
        return
    state = subtask.operator_state
    function.initialize_state(_InitializationContext(state))
    state.call_before(lambda checkpoint: function.snapshot_state(_SnapshotContext(checkpoint)))


class _SnapshotContext(FunctionSnapshotContext):
    def __init__(self, checkpoint: int) -> None:
        self._checkpoint = checkpoint

    def get_checkpoint_id(self) -> int:
        return self._checkpoint


class _InitializationContext(FunctionInitializationContext):
    def __init__(self, state: OperatorState) -> None:
        self._state = state

    def is_restored(self) -> bool:
        return self._state.is_restored()

    def get_operator_state_store(self) -> OperatorStateStore:
        return _Store(self._state)


class _Store(OperatorStateStore):
    def __init__(self, state: OperatorState) -> None:
        self._state = state

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self._list(state_descriptor, False)

    def get_union_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self._list(state_descriptor, True)

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        raise RuntimeError(
            "broadcast state comes with a broadcast stream: stream.connect(rules.broadcast(descriptor)).process(...), "
            "whose context has get_broadcast_state(descriptor)"
        )

    def _list(self, descriptor: ListStateDescriptor, union: bool) -> ListState[Any]:
        if not isinstance(descriptor, ListStateDescriptor):
            raise TypeError(f"operator state takes a ListStateDescriptor, not {descriptor!r}")
        if descriptor._ttl_config is not None:
            raise ValueError(f"operator state '{descriptor.get_name()}' can't expire: time to live is for keyed state")
        return _OperatorListState(self._state.list(descriptor.get_name(), union), descriptor)


class _OperatorListState(ListState[Any]):
    """A list of the engine's, whose elements are of the declared type."""

    def __init__(self, elements: list[Any], descriptor: ListStateDescriptor) -> None:
        self._elements = elements
        declared = cast("ListTypeInfo", descriptor.type_info)
        self._conform = conform(declared.elem_type)
        self._what = f"the element of state '{descriptor.get_name()}'"

    def get(self) -> list[Any]:
        return list(self._elements)

    def add(self, value: Any) -> None:
        self.add_all([value])

    def add_all(self, values: Iterable[Any]) -> None:
        self._elements.extend(self._checked(values))

    def update(self, values: Iterable[Any]) -> None:
        self._elements[:] = self._checked(values)

    def clear(self) -> None:
        self._elements.clear()

    def _checked(self, values: Iterable[Any]) -> list[Any]:
        check = self._conform
        return list(values) if check is None else [check.value(value, self._what) for value in values]

    def __repr__(self) -> str:
        return f"<operator state: {self._elements!r}>"
