"""Functions of tables; streams refuse these, saying what to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.table import _nodes as nodes
from flott.table._tree import Tree
from flott.table._units import JsonQueryOnEmptyOrError, JsonQueryWrapper, JsonValueOnEmptyOrError

if TYPE_CHECKING:
    from flott.table._units import JsonExistsOnError, JsonType
    from flott.table.expression import Expression
    from flott.table.types import DataType


class Tables(Tree):
    """Functions of tables; streams refuse these, saying what to use."""

    __slots__ = ()

    @property
    def distinct(self) -> Expression:
        """Each value once."""
        return self._call("distinct")

    @property
    def sum(self) -> Expression:
        """The sum."""
        return self._call("sum")

    @property
    def sum0(self) -> Expression:
        """The sum, 0 without values."""
        return self._call("sum0")

    @property
    def min(self) -> Expression:
        """The least value."""
        return self._call("min")

    @property
    def max(self) -> Expression:
        """The greatest value."""
        return self._call("max")

    @property
    def count(self) -> Expression:
        """The number of values."""
        return self._call("count")

    @property
    def avg(self) -> Expression:
        """The mean."""
        return self._call("avg")

    @property
    def first_value(self) -> Expression:
        """The first value."""
        return self._call("first_value")

    @property
    def last_value(self) -> Expression:
        """The last value."""
        return self._call("last_value")

    @property
    def stddev_pop(self) -> Expression:
        """The population's standard deviation."""
        return self._call("stddevPop")

    @property
    def stddev_samp(self) -> Expression:
        """The sample's standard deviation."""
        return self._call("stddevSamp")

    @property
    def var_pop(self) -> Expression:
        """The population's variance."""
        return self._call("varPop")

    @property
    def var_samp(self) -> Expression:
        """The sample's variance."""
        return self._call("varSamp")

    @property
    def collect(self) -> Expression:
        """The values as a multiset."""
        return self._call("collect")

    @property
    def array_agg(self) -> Expression:
        """The values as an array."""
        return self._call("ARRAY_AGG")

    @property
    def asc(self) -> Expression:
        """Ascending order."""
        return self._call("asc")

    @property
    def desc(self) -> Expression:
        """Descending order."""
        return self._call("desc")

    @property
    def start(self) -> Expression:
        """A window's start."""
        return self._call("start")

    @property
    def end(self) -> Expression:
        """A window's end."""
        return self._call("end")

    @property
    def rowtime(self) -> Expression:
        """A window's event time."""
        return self._call("rowtime")

    @property
    def proctime(self) -> Expression:
        """A window's processing time."""
        return self._call("proctime")

    @property
    def md5(self) -> Expression:
        """The MD5 hash."""
        return self._call("md5")

    @property
    def sha1(self) -> Expression:
        """The SHA-1 hash."""
        return self._call("sha1")

    @property
    def sha224(self) -> Expression:
        """The SHA-224 hash."""
        return self._call("sha224")

    @property
    def sha256(self) -> Expression:
        """The SHA-256 hash."""
        return self._call("sha256")

    @property
    def sha384(self) -> Expression:
        """The SHA-384 hash."""
        return self._call("sha384")

    @property
    def sha512(self) -> Expression:
        """The SHA-512 hash."""
        return self._call("sha512")

    def list_agg(self, separator: Any = None) -> Expression:
        """The texts with a separator between."""
        return self._optional("listAgg", separator)

    def over(self, alias: Any) -> Expression:
        """An aggregate over a named window."""
        return self._call("over", alias)

    def sha2(self, hash_length: Any) -> Expression:
        """A SHA-2 hash of that length."""
        return self._call("sha2", hash_length)

    def is_json(self, json_type: JsonType | None = None) -> Expression:
        """Whether it is a JSON text."""
        return self._optional("IS_JSON", json_type)

    def json_exists(self, path: str, on_error: JsonExistsOnError | None = None) -> Expression:
        """Whether a path leads anywhere in a JSON text."""
        return self._optional("JSON_EXISTS", path, on_error)

    def json_value(
        self,
        path: str,
        returning_type: DataType | str = "STRING",
        on_empty: JsonValueOnEmptyOrError = JsonValueOnEmptyOrError.NULL,
        default_on_empty: Any = None,
        on_error: JsonValueOnEmptyOrError = JsonValueOnEmptyOrError.NULL,
        default_on_error: Any = None,
    ) -> Expression:
        """The scalar that a path leads to in a JSON text."""
        returning = self._make(nodes.symbol(str(returning_type)))
        return self._call("JSON_VALUE", path, returning, on_empty, default_on_empty, on_error, default_on_error)

    def json_query(
        self,
        path: str,
        wrapping_behavior: JsonQueryWrapper = JsonQueryWrapper.WITHOUT_ARRAY,
        on_empty: JsonQueryOnEmptyOrError = JsonQueryOnEmptyOrError.NULL,
        on_error: JsonQueryOnEmptyOrError = JsonQueryOnEmptyOrError.NULL,
    ) -> Expression:
        """The JSON that a path leads to in a JSON text."""
        return self._call("JSON_QUERY", path, wrapping_behavior, on_empty, on_error)
