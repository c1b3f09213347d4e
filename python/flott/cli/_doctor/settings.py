"""Which brokers and databases a file of settings names: sections of ``key: value``, with ``${VARIABLE:default}``.

The form is that of the course's ``config/config.yml``, a small part of YAML that is read without a library. The form of
``flott new``, ``config.ini``, has the same sections.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["SettingsError", "read_settings"]

_LINE = re.compile(r"(?P<indent> *)(?P<key>[\w.-]+):(?:\s+(?P<value>.*))?\Z")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::(?P<default>[^}]*))?\}")


class SettingsError(Exception):
    """The file can't be used; says where."""


def read_settings(file: Path, environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The sections of a file, each with its keys and values. Keys without a section are in the section ``""``.

    :param environ: where variables are looked up; one that is not set and has no default is an empty value
    :raises SettingsError: if there is no such file, or a line is no ``key: value``
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    if file.suffix in (".ini", ".cfg"):
        return _ini(file, text)
    sections: dict[str, dict[str, str]] = {}
    section, inner = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith(("#", "---")):
            continue
        found = _LINE.match(line.rstrip())
        if found is None:
            raise SettingsError(f"line {number} of {file} is not 'key: value': {line.strip()[:40]}")
        value = _value(found["value"] or "")
        if not found["indent"]:
            section, inner = ("" if value else found["key"]), 0
        inner = inner or len(found["indent"])
        if found["indent"] and len(found["indent"]) != inner:
            raise SettingsError(f"line {number} of {file} is deeper than a section: {line.strip()[:40]}")
        if found["indent"] or value:
            value = _VARIABLE.sub(lambda variable: environ.get(variable["name"], variable["default"] or ""), value)
            sections.setdefault(section, {})[found["key"]] = value
    return sections


def _ini(file: Path, text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text, str(file))
    except configparser.Error as error:
        raise SettingsError(str(error).replace("\n", " ")) from None
    return {name: dict(parser[name]) for name in parser.sections()}


def _value(text: str) -> str:
    """Without the comment behind it, and without quotes around it."""
    if text[:1] in ("'", '"'):
        return text[1 : text.find(text[0], 1)]
    return re.split(r"\s#", text, maxsplit=1)[0].strip() if not text.startswith("#") else ""
