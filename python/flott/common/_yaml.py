"""The little YAML that list options need: ``[a, 'b;c']`` and one ``- item`` a line."""

from __future__ import annotations

from typing import Any


def parse_list(value: str | None, standard_yaml: bool) -> list[Any]:
    """The items of a list option; without YAML, or if it is none, what stands between semicolons."""
    text = (value or "").strip()
    if not text:
        return []
    if standard_yaml:
        if text.startswith("[") and text.endswith("]"):
            return [_scalar(item) for item in _split(text[1:-1], ",")]
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if all(line.startswith("- ") for line in lines):
            return [_scalar(line[2:]) for line in lines]
    return [str(_scalar(item, typed=False)) for item in _split(text, ";")]


def _split(text: str, separator: str) -> list[str]:
    """The parts of ``text`` between separators that stand outside quotes; empty parts are left out."""
    parts, start, quote = [], 0, ""
    for index, char in enumerate(text):
        if quote:
            if char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == separator:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _scalar(text: str, typed: bool = True) -> Any:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace(text[0] * 2, text[0])
    if typed:
        if text in ("true", "false"):
            return text == "true"
        for convert in (int, float):
            try:
                return convert(text)
            except ValueError:
                continue
    return text
