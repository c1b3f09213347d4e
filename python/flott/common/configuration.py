"""Settings by name, as a job, an environment and the command line share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Configuration"]

T = TypeVar("T")

_SECRET_PARTS = ("password", "secret", "token", "fs.azure.account.key", "apikey", "api-key", "sasl.jaas.config")


class Configuration:
    """Settings by name. A value keeps the type it was set with and is converted when read as another::

        >>> Configuration().set_string("parallelism.default", "4").get_integer("parallelism.default", 1)
        4

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/deployment/config/
    """

    def __init__(self, other: Configuration | None = None, j_configuration: Any = None) -> None:
        """Makes an empty configuration, or a copy of ``other``. ``j_configuration`` must stay None.

        :raises NotImplementedError: if a Java configuration is given
        """
        if j_configuration is not None:
            from flott.common.utils import java_only

            raise java_only("Configuration(j_configuration=...)", "pass a Configuration as the first argument")
        self._values: dict[str, Any] = dict(other._values) if other is not None else {}

    @staticmethod
    def _of(values: Mapping[str, Any]) -> Configuration:
        """A configuration of plain values."""
        configuration = Configuration()
        configuration._values.update(values)
        return configuration

    def get_string(self, key: str, default_value: str) -> str:
        """The value as text, or ``default_value`` if it is not set."""
        value = self._values.get(key)
        return default_value if value is None else _text(value)

    def set_string(self, key: str, value: str) -> Configuration:
        """Sets a text.

        :raises TypeError: if the value is not a ``str``
        """
        return self._set(key, value, str)

    @staticmethod
    def parse_list_value(value: str, standard_yaml: bool = True) -> list[Any]:
        """The items of a list option: a YAML list, or items with ``;`` between them.

        :param standard_yaml: try YAML first (``[a, b]`` or one ``- item`` a line)
        """
        from flott.common._yaml import parse_list

        return parse_list(value, standard_yaml)

    def get_integer(self, key: str, default_value: int) -> int:
        """The value as a whole number, or ``default_value`` if it is not set.

        :raises ValueError: if the value is not a whole number
        """
        return self._get(key, default_value, int, _to_int)

    def set_integer(self, key: str, value: int) -> Configuration:
        """Sets a whole number.

        :raises TypeError: if the value is not an ``int``
        """
        return self._set(key, value, int)

    def get_boolean(self, key: str, default_value: bool) -> bool:
        """The value as true or false, or ``default_value`` if it is not set.

        :raises ValueError: if the value is neither ``true`` nor ``false`` in any case
        """
        return self._get(key, default_value, bool, _to_bool)

    def set_boolean(self, key: str, value: bool) -> Configuration:
        """Sets true or false.

        :raises TypeError: if the value is not a ``bool``
        """
        return self._set(key, value, bool)

    def get_float(self, key: str, default_value: float) -> float:
        """The value as a number, or ``default_value`` if it is not set.

        :raises ValueError: if the value is not a number
        """
        return self._get(key, default_value, float, float)

    def set_float(self, key: str, value: float) -> Configuration:
        """Sets a number.

        :raises TypeError: if the value is not a number
        """
        return self._set(key, float(value) if type(value) is int else value, float)

    def get_bytearray(self, key: str, default_value: bytearray) -> bytearray:
        """The value as bytes, or ``default_value`` if it is not set.

        :raises ValueError: if the value was not set as bytes
        """
        value = self._values.get(key)
        if value is None:
            return default_value
        if isinstance(value, bytes):
            return bytearray(value)
        raise ValueError(f"{key}: the value was set as {type(value).__name__}, not as bytes")

    def set_bytearray(self, key: str, value: bytearray) -> Configuration:
        """Sets bytes.

        :raises TypeError: if the value is neither a ``bytearray`` nor ``bytes``
        """
        if not isinstance(value, (bytes, bytearray)):
            raise TypeError(f"{key}: expected a bytearray, got {value!r} ({type(value).__name__})")
        self._values[_key(key)] = bytes(value)
        return self

    def key_set(self) -> set[str]:
        """The names that are set."""
        return set(self._values)

    def add_all_to_dict(self, target_dict: dict[str, Any]) -> None:
        """Copies every setting, with the type it has, into ``target_dict``."""
        target_dict.update(self._values)

    def add_all(self, other: Configuration, prefix: str | None = None) -> Configuration:
        """Copies every setting of ``other`` into this one, with ``prefix`` in front of its name."""
        for key, value in other._values.items():
            self._values[(prefix or "") + key] = value
        return self

    def contains_key(self, key: str) -> bool:
        """Whether the name is set."""
        return key in self._values

    def to_dict(self) -> dict[str, str]:
        """Every setting as text."""
        return {key: _text(value) for key, value in self._values.items()}

    def remove_config(self, key: str) -> bool:
        """Removes a setting and says whether there was one."""
        return self._values.pop(key, None) is not None

    def _set(self, key: str, value: Any, kind: type) -> Configuration:
        if type(value) is not kind and not (kind is not int and isinstance(value, kind)):
            raise TypeError(f"{key}: expected {kind.__name__}, got {value!r} ({type(value).__name__})")
        self._values[_key(key)] = value
        return self

    def _get(self, key: str, default_value: T, kind: type, convert: Callable[[str], T]) -> T:
        value = self._values.get(key)
        if value is None:
            return default_value
        if type(value) is kind:
            return cast("T", value)
        try:
            return convert(_text(value))
        except ValueError:
            expected = {int: "a whole number", bool: "true or false", float: "a number"}[kind]
            raise ValueError(f"{key}: expected {expected}, got '{_text(value)}'") from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configuration):
            return False
        return _typed(self._values) == _typed(other._values)

    def __hash__(self) -> int:
        return hash(frozenset(_typed(self._values).items()))

    def __str__(self) -> str:
        shown = [f"{key}={'******' if _is_secret(key) else _text(value)}" for key, value in self._values.items()]
        return f"{{{', '.join(shown)}}}"

    def __repr__(self) -> str:
        return f"Configuration({self})"


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the name of a setting is a string, not {key!r}")
    return key


def _is_secret(key: str) -> bool:
    """Whether Flink would hide this setting's value when it shows it."""
    lowered = key.lower()
    return any(part in lowered for part in _SECRET_PARTS)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    # True == 1 == 1.0 in Python, but not in a configuration.
    return {key: (type(value).__name__, value) for key, value in values.items()}


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, bytes):
        from base64 import b64encode

        return f"!!binary |-\n  {b64encode(value).decode()}"
    return str(value)


def _to_int(text: str) -> int:
    if "_" in text:
        raise ValueError(text)
    return int(text)


def _to_bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in ("true", "false"):
        raise ValueError(text)
    return lowered == "true"
