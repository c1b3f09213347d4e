"""Operator state: what a function or a writer of a sink remembers that belongs to no key. PyFlink has none.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#checkpointedfunction
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott.datastream.state import OperatorStateStore

__all__ = ["CheckpointedFunction", "FunctionInitializationContext", "FunctionSnapshotContext"]


class FunctionSnapshotContext(ABC):
    """What a function is told of the checkpoint that is being taken."""

    @abstractmethod
    def get_checkpoint_id(self) -> int:
        """The number of the checkpoint."""


class FunctionInitializationContext(ABC):
    """Gives a function its operator state."""

    @abstractmethod
    def is_restored(self) -> bool:
        """Whether the job goes on from a checkpoint that has state of this operator."""

    @abstractmethod
    def get_operator_state_store(self) -> OperatorStateStore:
        """Where operator state comes from."""


class CheckpointedFunction(ABC):
    """Beside its own class, makes a function keep operator state::

        class Batches(FlatMapFunction, CheckpointedFunction):
            \"\"\"Hands records on in tens.\"\"\"

            def initialize_state(self, context):
                descriptor = ListStateDescriptor("waiting", Types.STRING())
                self.stored = context.get_operator_state_store().get_list_state(descriptor)
                self.waiting = list(self.stored.get())

            def snapshot_state(self, context):
                self.stored.update(self.waiting)

            def flat_map(self, value):
                self.waiting.append(value)
                if len(self.waiting) == 10:
                    yield self.waiting
                    self.waiting = []

    For map, flat map, filter, reduce and process functions of all kinds, for window functions, and for the
    ``SinkWriter`` of a ``PythonSink``. A source written in Python needs none: what it has are positions of splits.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#checkpointedfunction
    """

    @abstractmethod
    def initialize_state(self, context: FunctionInitializationContext) -> None:
        """Called once in each subtask, before ``open``: the place to get state, with what a checkpoint has of it."""

    @abstractmethod
    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        """Called before each checkpoint is stored: the place to bring state up to date."""
