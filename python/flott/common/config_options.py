"""Options of a configuration with their type and default."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

__all__ = ["ConfigOption", "ConfigOptions"]

T = TypeVar("T")


class ConfigOption(Generic[T]):
    """The name of an option, the type of its value, and its default if it has one."""

    def __init__(self, key: str, value_type: type, default: T | None = None) -> None:
        self._key = key
        self._value_type = value_type
        self._default = default

    def __repr__(self) -> str:
        return f"ConfigOption({self._key!r}, {self._value_type.__name__}, default={self._default!r})"


class ConfigOptions:
    """Makes options: ``ConfigOptions.key("parallelism.default").int_type().default_value(1)``."""

    def __init__(self, key: str) -> None:
        self._key = key

    @staticmethod
    def key(key: str) -> ConfigOptions.OptionBuilder:
        """Starts an option of that name.

        :raises ValueError: if the name is empty
        """
        if not key:
            raise ValueError("an option needs a name")
        return ConfigOptions.OptionBuilder(key)

    class OptionBuilder:
        """An option that still needs a type."""

        def __init__(self, key: str) -> None:
            self._key = key

        def boolean_type(self) -> ConfigOptions.TypedConfigOptionBuilder[bool]:
            """The value is a ``bool``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, bool)

        def int_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """The value is an ``int``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, int)

        def long_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """The value is an ``int``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, int)

        def float_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """The value is a ``float``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, float)

        def double_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """The value is a ``float``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, float)

        def string_type(self) -> ConfigOptions.TypedConfigOptionBuilder[str]:
            """The value is a ``str``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, str)

    class TypedConfigOptionBuilder(Generic[T]):
        """An option that still needs to say whether it has a default."""

        def __init__(self, key: str, value_type: type[T]) -> None:
            self._key = key
            self._value_type = value_type

        def default_value(self, value: T) -> ConfigOption[T]:
            """The option with that default."""
            return ConfigOption(self._key, self._value_type, value)

        def no_default_value(self) -> ConfigOption[str]:
            """The option without a default."""
            return cast("ConfigOption[str]", ConfigOption(self._key, self._value_type))
