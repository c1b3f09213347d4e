"""Which operators share a slot, and what a slot needs. Kept, and without effect: there is one process here.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/deployment/finegrained_resource/
"""

from __future__ import annotations

from functools import total_ordering
from typing import Any

from flott.common._units import format_memory
from flott.common.utils import java_only

__all__ = ["MemorySize", "SlotSharingGroup"]


@total_ordering
class MemorySize:
    """A number of bytes."""

    __slots__ = ("_bytes",)

    def __init__(self, j_memory_size: Any = None, bytes_size: int | None = None) -> None:
        """:param j_memory_size: must stay None
        :param bytes_size: the number of bytes

        :raises ValueError: if it is missing or negative
        """
        if j_memory_size is not None:
            raise java_only(
                "MemorySize(j_memory_size)", "write MemorySize(bytes_size=...) or MemorySize.of_mebi_bytes(...)"
            )
        if bytes_size is None or bytes_size < 0:
            raise ValueError(f"bytes_size is a number of bytes, 0 or more, not {bytes_size!r}")
        self._bytes = bytes_size

    @staticmethod
    def of_mebi_bytes(mebi_bytes: int) -> MemorySize:
        """That many times 1,048,576 bytes."""
        return MemorySize(bytes_size=mebi_bytes << 20)

    def get_bytes(self) -> int:
        """The number of bytes."""
        return self._bytes

    def get_kibi_bytes(self) -> int:
        """The number of whole kibibytes."""
        return self._bytes >> 10

    def get_mebi_bytes(self) -> int:
        """The number of whole mebibytes."""
        return self._bytes >> 20

    def get_gibi_bytes(self) -> int:
        """The number of whole gibibytes."""
        return self._bytes >> 30

    def get_tebi_bytes(self) -> int:
        """The number of whole tebibytes."""
        return self._bytes >> 40

    def get_java_memory_size(self) -> Any:
        """Raises NotImplementedError: there is no Java object."""
        raise java_only("MemorySize.get_java_memory_size()", "pass the MemorySize itself")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemorySize) and self._bytes == other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __lt__(self, other: MemorySize) -> bool:
        if not isinstance(other, MemorySize):
            return NotImplemented
        return self._bytes < other._bytes

    def __le__(self, other: MemorySize) -> bool:
        if not isinstance(other, MemorySize):
            return NotImplemented
        return self._bytes <= other._bytes

    def __str__(self) -> str:
        return format_memory(self._bytes)

    def __repr__(self) -> str:
        return f"MemorySize({self})"


class SlotSharingGroup:
    """Operators that share a slot, with what it needs: ``SlotSharingGroup.builder("heavy").build()``."""

    def __init__(
        self,
        name: str,
        cpu_cores: float | None = None,
        memory: dict[str, MemorySize] | None = None,
        external_resources: dict[str, float] | None = None,
    ) -> None:
        """Use :meth:`builder`."""
        self._name = name
        self._cpu_cores = cpu_cores
        self._memory = memory or {}
        self._external_resources = external_resources or {}

    @staticmethod
    def builder(name: str) -> SlotSharingGroup.Builder:
        """Starts a group of that name."""
        return SlotSharingGroup.Builder(name)

    def get_name(self) -> str:
        """The name of the group."""
        return self._name

    def get_managed_memory(self) -> MemorySize | None:
        """Memory that Flink would manage, or None."""
        return self._memory.get("managed")

    def get_task_heap_memory(self) -> MemorySize | None:
        """Memory on Java's heap, or None."""
        return self._memory.get("task-heap")

    def get_task_off_heap_memory(self) -> MemorySize | None:
        """Memory beside Java's heap, or None."""
        return self._memory.get("task-off-heap")

    def get_cpu_cores(self) -> float | None:
        """The number of cores, or None."""
        return self._cpu_cores

    def get_external_resources(self) -> dict[str, float]:
        """What else is needed, such as GPUs, by name."""
        return dict(self._external_resources)

    def get_java_slot_sharing_group(self) -> Any:
        """Raises NotImplementedError: there is no Java object."""
        raise java_only("SlotSharingGroup.get_java_slot_sharing_group()", "pass the group itself")

    def _state(self) -> tuple[Any, ...]:
        return (
            self._name,
            self._cpu_cores,
            tuple(sorted(self._memory.items())),
            tuple(sorted(self._external_resources.items())),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotSharingGroup) and self._state() == other._state()

    def __hash__(self) -> int:
        return hash(self._state())

    def __repr__(self) -> str:
        return f"SlotSharingGroup({self._name!r})"

    class Builder:
        """Makes a :class:`SlotSharingGroup`. Whoever sets one resource must set cores and heap memory."""

        def __init__(self, name: str) -> None:
            self._name = name
            self._cpu_cores: float | None = None
            self._memory: dict[str, MemorySize] = {}
            self._external_resources: dict[str, float] = {}

        def set_cpu_cores(self, cpu_cores: float) -> SlotSharingGroup.Builder:
            """Sets the number of cores.

            :raises ValueError: if it is not more than 0
            """
            if cpu_cores <= 0:
                raise ValueError(f"The cpu cores should be positive, not {cpu_cores}.")
            self._cpu_cores = float(cpu_cores)
            return self

        def _set(self, kind: str, memory: MemorySize) -> SlotSharingGroup.Builder:
            if not isinstance(memory, MemorySize):
                raise TypeError(f"expected a MemorySize such as MemorySize.of_mebi_bytes(100), got {memory!r}")
            self._memory[kind] = memory
            return self

        def set_task_heap_memory(self, task_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Sets memory on Java's heap."""
            return self._set("task-heap", task_heap_memory)

        def set_task_heap_memory_mb(self, task_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            """Sets memory on Java's heap, in mebibytes."""
            return self._set("task-heap", MemorySize.of_mebi_bytes(task_heap_memory_mb))

        def set_task_off_heap_memory(self, task_off_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Sets memory beside Java's heap."""
            return self._set("task-off-heap", task_off_heap_memory)

        def set_task_off_heap_memory_mb(self, task_off_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            """Sets memory beside Java's heap, in mebibytes."""
            return self._set("task-off-heap", MemorySize.of_mebi_bytes(task_off_heap_memory_mb))

        def set_managed_memory(self, managed_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Sets memory that Flink would manage."""
            return self._set("managed", managed_memory)

        def set_managed_memory_mb(self, managed_memory_mb: int) -> SlotSharingGroup.Builder:
            """Sets memory that Flink would manage, in mebibytes."""
            return self._set("managed", MemorySize.of_mebi_bytes(managed_memory_mb))

        def set_external_resource(self, name: str, value: float) -> SlotSharingGroup.Builder:
            """Sets what else is needed, such as GPUs."""
            self._external_resources[name] = float(value)
            return self

        def build(self) -> SlotSharingGroup:
            """The group.

            :raises ValueError: if there are resources without cores and heap memory
            """
            if self._cpu_cores is None and not self._memory and not self._external_resources:
                return SlotSharingGroup(self._name)
            if self._cpu_cores is None or "task-heap" not in self._memory:
                raise ValueError(
                    "The cpu cores and task heap memory are required when specifying the resource of a slot sharing "
                    "group. You need to explicitly configure them with positive value."
                )
            if self._memory["task-heap"].get_bytes() <= 0:
                raise ValueError("The task heap memory should be positive, not 0 bytes.")
            zero = MemorySize(bytes_size=0)
            memory = {"managed": zero, "task-off-heap": zero, **self._memory}
            return SlotSharingGroup(self._name, self._cpu_cores, memory, dict(self._external_resources))
