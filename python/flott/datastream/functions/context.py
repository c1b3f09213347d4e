"""What a function can ask of the task that runs it: where it runs, its metrics, its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flott.metrics.metricbase import OperatorMetricGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flott.datastream.state import (
        AggregatingState,
        AggregatingStateDescriptor,
        ListState,
        ListStateDescriptor,
        MapState,
        MapStateDescriptor,
        ReducingState,
        ReducingStateDescriptor,
        ValueState,
        ValueStateDescriptor,
    )
    from flott.metrics.metricbase import EngineMetrics, MetricGroup

__all__ = ["KeyedStateStore", "RuntimeContext"]


class KeyedStateStore(ABC):
    """Gives a function its state of the current key.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/
    """

    @classmethod
    def __subclasshook__(cls, subclass: type) -> Any:
        # the engine's own is native, and loaded only when a job starts
        names = ("KeyedState", "NoWindowState")
        if cls is KeyedStateStore and subclass.__module__ == "flott._flott" and subclass.__name__ in names:
            return True
        return NotImplemented

    @abstractmethod
    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        """The state that holds one value a key."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """The state that holds a list a key."""

    @abstractmethod
    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        """The state that holds a dict a key."""

    @abstractmethod
    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        """The state that holds a value a key, into which each added value is reduced."""

    @abstractmethod
    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        """The state that holds an accumulator a key, to which each added value is added."""


class RuntimeContext(KeyedStateStore):
    """What a function can ask of the task that runs it; given to its ``open``::

        class CountOrders(KeyedProcessFunction):
            def open(self, runtime_context):
                self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/user_defined_functions/
    """

    def __init__(
        self,
        *,
        task_name: str = "task",
        number_of_parallel_subtasks: int = 1,
        max_number_of_parallel_subtasks: int = 128,
        index_of_this_subtask: int = 0,
        attempt_number: int = 0,
        job_parameters: Mapping[str, str] | None = None,
        metrics: EngineMetrics | None = None,
        state_backend: KeyedStateStore | None = None,
    ) -> None:
        """The engine makes it.

        :param metrics: where counters live; plain Python without it
        :param state_backend: gives keyed state, by the methods of :class:`KeyedStateStore`; None without ``key_by``
        """
        self._task_name = task_name
        self._number_of_parallel_subtasks = number_of_parallel_subtasks
        self._max_number_of_parallel_subtasks = max_number_of_parallel_subtasks
        self._index_of_this_subtask = index_of_this_subtask
        self._attempt_number = attempt_number
        self._job_parameters = dict(job_parameters or {})
        self._metrics_group = OperatorMetricGroup(metrics)
        self._state_backend = state_backend

    def get_task_name(self) -> str:
        """The name of the operator."""
        return self._task_name

    def get_number_of_parallel_subtasks(self) -> int:
        """The operator's parallelism."""
        return self._number_of_parallel_subtasks

    def get_max_number_of_parallel_subtasks(self) -> int:
        """The operator's highest parallelism: the number of key groups."""
        return self._max_number_of_parallel_subtasks

    def get_index_of_this_subtask(self) -> int:
        """Which of the parallel subtasks this is, from 0."""
        return self._index_of_this_subtask

    def get_attempt_number(self) -> int:
        """How often this subtask was started before, 0 the first time."""
        return self._attempt_number

    def get_task_name_with_subtasks(self) -> str:
        """The name of the operator with its subtask, as logs show it: ``map (1/4)#0``."""
        index, count = self._index_of_this_subtask + 1, self._number_of_parallel_subtasks
        return f"{self._task_name} ({index}/{count})#{self._attempt_number}"

    def get_job_parameter(self, key: str, default_value: str) -> str:
        """A parameter from ``ExecutionConfig.set_global_job_parameters``, or ``default_value``."""
        return self._job_parameters.get(key, default_value)

    def get_metrics_group(self) -> MetricGroup:
        """The operator's metrics."""
        return self._metrics_group

    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        """The state that holds one value a key.

        :raises RuntimeError: if the stream is not keyed
        :raises TypeError: if the descriptor is of another kind of state
        """
        return self._store(state_descriptor, "ValueStateDescriptor").get_state(state_descriptor)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """The state that holds a list a key; errors as in :meth:`get_state`."""
        return self._store(state_descriptor, "ListStateDescriptor").get_list_state(state_descriptor)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        """The state that holds a dict a key; errors as in :meth:`get_state`."""
        return self._store(state_descriptor, "MapStateDescriptor").get_map_state(state_descriptor)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        """The state into which each added value is reduced; errors as in :meth:`get_state`."""
        return self._store(state_descriptor, "ReducingStateDescriptor").get_reducing_state(state_descriptor)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        """The state to which each added value is added; errors as in :meth:`get_state`."""
        return self._store(state_descriptor, "AggregatingStateDescriptor").get_aggregating_state(state_descriptor)

    def _store(self, state_descriptor: Any, wanted: str) -> KeyedStateStore:
        from flott.datastream import state

        if not isinstance(state_descriptor, getattr(state, wanted)):
            raise TypeError(f"this state takes a {wanted}, not {state_descriptor!r}")
        if self._state_backend is None:
            raise RuntimeError(
                f"{self._task_name}: state '{state_descriptor.get_name()}' belongs to a key: "
                "call key_by() before the operator that uses it"
            )
        return self._state_backend
