"""Functions of rows, arrays and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.table._tree import Tree

if TYPE_CHECKING:
    from flott.table.expression import Expression


class Collections(Tree):
    """Functions of rows, arrays and maps."""

    __slots__ = ()

    def get(self, name_or_index: str | int) -> Expression:
        """A field of a row, by name or by index from 0."""
        return self._call("get", name_or_index)

    @property
    def flatten(self) -> Expression:
        """In a select: every field of a row as a column."""
        return self._call("flatten")

    def at(self, index: Any) -> Expression:
        """An array's element by index from 1, or a map's value by key; NULL if there is none."""
        return self._call("at", index)

    @property
    def cardinality(self) -> Expression:
        """The number of elements, INT."""
        return self._call("cardinality")

    @property
    def element(self) -> Expression:
        """The only element of an array; one that has more fails the job."""
        return self._call("element")

    def array_append(self, addition: Any) -> Expression:
        """With an element behind."""
        return self._call("ARRAY_APPEND", addition)

    def array_contains(self, needle: Any) -> Expression:
        """Whether an element is in the array."""
        return self._call("ARRAY_CONTAINS", needle)

    def array_distinct(self) -> Expression:
        """Each element once."""
        return self._call("ARRAY_DISTINCT")

    def array_position(self, needle: Any) -> Expression:
        """Where an element is, 0 if nowhere, INT."""
        return self._call("ARRAY_POSITION", needle)

    def array_prepend(self, addition: Any) -> Expression:
        """With an element in front."""
        return self._call("ARRAY_PREPEND", addition)

    def array_remove(self, needle: Any) -> Expression:
        """Without the elements equal to a value."""
        return self._call("ARRAY_REMOVE", needle)

    def array_reverse(self) -> Expression:
        """The elements in reverse order."""
        return self._call("ARRAY_REVERSE")

    def array_slice(self, start_offset: Any, end_offset: Any = None) -> Expression:
        """The elements from an index to another."""
        return self._optional("ARRAY_SLICE", start_offset, end_offset)

    def array_sort(self, ascending_order: Any = None, null_first: Any = None) -> Expression:
        """The elements in order."""
        return self._optional("ARRAY_SORT", ascending_order, null_first)

    def array_union(self, array: Any) -> Expression:
        """The elements of both, each once."""
        return self._call("ARRAY_UNION", array)

    def array_concat(self, *arrays: Any) -> Expression:
        """The elements of all, one behind the other."""
        return self._call("ARRAY_CONCAT", *arrays)

    def array_max(self) -> Expression:
        """The greatest element."""
        return self._call("ARRAY_MAX")

    def array_join(self, delimiter: Any, null_replacement: Any = None) -> Expression:
        """The texts with a delimiter between; NULLs are left out, or replaced."""
        return self._optional("ARRAY_JOIN", delimiter, null_replacement)

    def array_min(self) -> Expression:
        """The least element."""
        return self._call("ARRAY_MIN")

    def array_except(self, array: Any) -> Expression:
        """The elements that are not in another array."""
        return self._call("ARRAY_EXCEPT", array)

    def array_intersect(self, array: Any) -> Expression:
        """The elements that are in another array too."""
        return self._call("ARRAY_INTERSECT", array)

    @property
    def map_keys(self) -> Expression:
        """A map's keys as an array."""
        return self._call("MAP_KEYS")

    def map_union(self, *maps: Any) -> Expression:
        """The entries of all maps."""
        return self._call("MAP_UNION", *maps)

    @property
    def map_values(self) -> Expression:
        """A map's values as an array."""
        return self._call("MAP_VALUES")

    @property
    def map_entries(self) -> Expression:
        """A map's entries as an array of rows."""
        return self._call("MAP_ENTRIES")
