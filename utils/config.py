"""Configuration: every ``*.yml`` of a folder, with values taken from the environment.

Files are merged in alphabetical order, a later one wins key by key. A value may name environment variables:
``${KAFKA_BOOTSTRAP_SERVERS:localhost:9092}`` is the variable's value, or what stands after the first colon;
``${DATABASE_PASSWORD}`` has no default. A variable is looked up when its key is asked for, so a job needs only
those it uses. Whatever comes from the environment is a string and never read as YAML: a password ``yes`` stays one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONFIG_DIR = Path(__file__).resolve().parents[1] / "config"

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}")


class ConfigError(Exception):
    """The configuration is missing, cannot be read, or lacks a value. The message says which and what to do."""


class Config:
    """The merged files; keys are paths like ``kafka.topic``.

    :param values: the merged mappings.
    :param origin: what to call it in messages: the folder.
    :param environ: where variables are looked up.

    >>> config = Config({"kafka": {"topic": "${TOPIC:order-raw}"}}, environ={})
    >>> config.text("kafka.topic")
    'order-raw'
    """

    def __init__(
        self, values: Mapping[str, Any], origin: str = "the configuration", environ: Mapping[str, str] = os.environ
    ) -> None:
        self._values = values
        self._origin = origin
        self._environ = environ

    def text(self, path: str) -> str:
        """The value as a string.

        :raises ConfigError: if there is no such key, or its variable is not set and has no default.
        """
        value: Any = self._values
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                raise ConfigError(f"{self._origin} has no '{path}'; add it to config.yml")
            value = value[name]
        if isinstance(value, (Mapping, list)):
            raise ConfigError(f"'{path}' in {self._origin} is a section, not a value")
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return _VARIABLE.sub(lambda found: self._variable(found, path), str(value))

    def integer(self, path: str) -> int:
        """The value as a whole number.

        :raises ConfigError: as :meth:`text` does, and if it is not a whole number.
        """
        text = self.text(path)
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"'{path}' in {self._origin} is '{text}', which is not a whole number") from None

    def words(self, path: str) -> tuple[str, ...]:
        """The value cut at each ``;``, without empty parts.

        :raises ConfigError: as :meth:`text` does.
        """
        return tuple(word.strip() for word in self.text(path).split(";") if word.strip())

    def _variable(self, found: re.Match[str], path: str) -> str:
        name, default = found.group(1), found.group(2)
        value = self._environ.get(name, default)
        if value is None:
            raise ConfigError(f"'{path}' in {self._origin} takes its value from the environment; set {name}")
        return value


def load_config(folder: Path | str = CONFIG_DIR, environ: Mapping[str, str] = os.environ) -> Config:
    """Reads and merges the ``*.yml`` files of a folder.

    :raises ConfigError: if there is none, one is not a mapping or not YAML, or PyYAML is not installed.
    """
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise ConfigError(
            "reading config/*.yml needs PyYAML, which is not installed; run: pip install -r requirements.txt"
        ) from None
    folder = Path(folder)
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise ConfigError(f"there is no *.yml file in {folder}; the course keeps its configuration in config/")
    merged: dict[str, Any] = {}
    for file in files:
        try:
            values = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"{file} cannot be read: {error}") from error
        if values is None:
            continue
        if not isinstance(values, dict):
            raise ConfigError(f"{file} has to be sections of 'key: value' lines")
        _merge(merged, values)
    return Config(merged, str(folder), environ)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
