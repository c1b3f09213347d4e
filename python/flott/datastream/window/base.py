"""What assigners and triggers are: the classes that your own ones extend.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flott._native import counts_as

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flott.common.serializer import TypeSerializer
    from flott.datastream.functions.context import RuntimeContext
    from flott.datastream.output_tag import OutputTag
    from flott.datastream.state import State, StateDescriptor
    from flott.metrics import MetricGroup

__all__ = [
    "MergingWindowAssigner",
    "SessionWindowTimeGapExtractor",
    "Trigger",
    "TriggerResult",
    "WindowAssigner",
    "WindowOperationDescriptor",
]

T = TypeVar("T")
W = TypeVar("W")
W2 = TypeVar("W2")


class TriggerResult(Enum):
    """What happens to a window: is its function called (fire), are its records forgotten (purge)?"""

    CONTINUE = (False, False)
    FIRE_AND_PURGE = (True, True)
    FIRE = (True, False)
    PURGE = (False, True)

    def is_fire(self) -> bool:
        """Whether the window's function is called; a window without records is passed over."""
        return self.value[0]

    def is_purge(self) -> bool:
        """Whether the window's records are forgotten."""
        return self.value[1]


class Trigger(ABC, Generic[T, W]):
    """Decides when a window of a key emits its result.

    One object serves all keys and windows, so what it remembers belongs into ``ctx.get_partitioned_state(...)``.
    Times are milliseconds since 1970-01-01T00:00:00Z. ::

        class EveryHundred(Trigger):
            seen = ReducingStateDescriptor("seen", lambda a, b: a + b, Types.LONG())

            def on_element(self, element, timestamp, window, ctx):
                seen = ctx.get_partitioned_state(self.seen)
                seen.add(1)
                return TriggerResult.FIRE if seen.get() % 100 == 0 else TriggerResult.CONTINUE

            def on_processing_time(self, time, window, ctx):
                return TriggerResult.CONTINUE

            def on_event_time(self, time, window, ctx):
                return TriggerResult.CONTINUE

            def on_merge(self, window, ctx):
                ctx.merge_partitioned_state(self.seen)

            def clear(self, window, ctx):
                ctx.get_partitioned_state(self.seen).clear()
    """

    class TriggerContext(ABC):
        """The clocks, timers and state of the window and key that a trigger is called for."""

        @classmethod
        def __subclasshook__(cls, subclass: type) -> Any:
            return counts_as(cls, subclass, "TriggerContext", __name__)

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The time by the machine's clock."""

        @abstractmethod
        def get_metric_group(self) -> MetricGroup:
            """The metrics of the operator."""

        @abstractmethod
        def get_current_watermark(self) -> int:
            """The event time up to which all records have come."""

        @abstractmethod
        def register_processing_time_timer(self, time: int) -> None:
            """Has :meth:`Trigger.on_processing_time` called when the machine's clock passes ``time``."""

        @abstractmethod
        def register_event_time_timer(self, time: int) -> None:
            """Has :meth:`Trigger.on_event_time` called when the watermark passes ``time``."""

        @abstractmethod
        def delete_processing_time_timer(self, time: int) -> None:
            """Takes back a timer; without effect if there is none."""

        @abstractmethod
        def delete_event_time_timer(self, time: int) -> None:
            """Takes back a timer; without effect if there is none."""

        @abstractmethod
        def get_partitioned_state(self, state_descriptor: StateDescriptor) -> State:
            """State of this key and this window."""

    class OnMergeContext(TriggerContext):
        """What :meth:`Trigger.on_merge` is given."""

        @abstractmethod
        def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
            """Makes the state of the windows that were merged that of the new one."""

    @abstractmethod
    def on_element(self, element: T, timestamp: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Called for each record that is put into the window."""

    @abstractmethod
    def on_processing_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Called when a timer on the machine's clock fires, which was set for ``time``."""

    @abstractmethod
    def on_event_time(self, time: int, window: W, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Called when the watermark has passed ``time``, for which a timer was set."""

    def can_merge(self) -> bool:
        """Whether :meth:`on_merge` works, which a :class:`MergingWindowAssigner` asks for."""
        return False

    @abstractmethod
    def on_merge(self, window: W, ctx: Trigger.OnMergeContext) -> None:
        """Called when windows have become ``window``: merge their state, set the timers anew."""

    @abstractmethod
    def clear(self, window: W, ctx: Trigger.TriggerContext) -> None:
        """Called when the window is over: delete its timers, clear its state."""


class WindowAssigner(ABC, Generic[T, W]):
    """Says which windows a record belongs to."""

    class WindowAssignerContext(ABC):
        """What :meth:`WindowAssigner.assign_windows` can ask."""

        @classmethod
        def __subclasshook__(cls, subclass: type) -> Any:
            return counts_as(cls, subclass, "AssignerContext", __name__)

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """The time by the machine's clock, in milliseconds."""

        @abstractmethod
        def get_runtime_context(self) -> RuntimeContext:
            """The context of the operator, with the state of the record's key."""

    @abstractmethod
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[W]:
        """The windows that the record belongs to.

        :param timestamp: the record's event time in milliseconds, -9223372036854775808 if it has none
        """

    @abstractmethod
    def get_default_trigger(self, env: Any) -> Trigger[T, W]:
        """The trigger of a stream that sets none."""

    @abstractmethod
    def get_window_serializer(self) -> TypeSerializer[W]:
        """How its windows become bytes."""

    @abstractmethod
    def is_event_time(self) -> bool:
        """Whether event time closes its windows; if so, records can be late."""


class MergingWindowAssigner(WindowAssigner[T, W]):
    """An assigner whose windows can grow into one another, as sessions do."""

    class MergeCallback(ABC, Generic[W2]):
        """Is told which windows become one."""

        @abstractmethod
        def merge(self, to_be_merged: Iterable[W2], merge_result: W2) -> None:
            """The windows ``to_be_merged`` become ``merge_result``."""

    @abstractmethod
    def merge_windows(self, windows: Iterable[W], callback: MergingWindowAssigner.MergeCallback[W]) -> None:
        """Calls ``callback.merge`` for each set of windows that become one."""


class SessionWindowTimeGapExtractor(ABC):
    """Says of each record how long its session waits for the next one."""

    @abstractmethod
    def extract(self, element: Any) -> int:
        """The gap in milliseconds, more than 0."""


class WindowOperationDescriptor:
    """All that an operation on windows is made of."""

    def __init__(
        self,
        assigner: WindowAssigner[Any, Any],
        trigger: Trigger[Any, Any],
        allowed_lateness: int,
        late_data_output_tag: OutputTag | None,
        window_state_descriptor: StateDescriptor,
        window_serializer: TypeSerializer[Any],
        internal_window_function: Any,
    ) -> None:
        self.assigner = assigner
        self.trigger = trigger
        self.allowed_lateness = allowed_lateness
        self.late_data_output_tag = late_data_output_tag
        self.window_state_descriptor = window_state_descriptor
        self.window_serializer = window_serializer
        self.internal_window_function = internal_window_function

    def generate_op_name(self) -> str:
        """The operator's name: that of the assigner."""
        return type(self.assigner).__name__

    def generate_op_desc(self, windowed_stream_type: str, func_desc: str) -> str:
        """What is shown of the operator: ``Window(assigner, trigger, function)``."""
        return f"{windowed_stream_type}({self.assigner}, {type(self.trigger).__name__}, {func_desc})"
