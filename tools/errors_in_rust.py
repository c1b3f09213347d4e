"""The errors of the Rust sources: of ``thiserror`` enums, ``Error::config(...)`` and ``PyTypeError::new_err(...)``.

A reader of the language's surface only: it knows strings, comments and brackets, and finds calls by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Found(NamedTuple):
    """An error as the code makes it."""

    #: The class of the exception.
    error: str
    text: str
    hints: tuple[str, ...]
    #: The file, from the repository's root.
    module: str


KINDS = {
    "Config": "ConfigurationError",
    "Data": "DataError",
    "Connector": "ConnectorError",
    "Cancelled": "JobCancelledError",
    "Internal": "InternalError",
}
CALL = re.compile(
    r"\bError::(?P<kind>config|data|connector|internal)\(|\bError::new\(\s*ErrorKind::(?P<new>\w+),"
    r"|\bPy(?P<python>\w+Error)::new_err\(|\b(?P<mismatch>Mismatch)::new\("
)
STRING = re.compile(r'b?r(?P<hash>#*)"(?P<raw>.*?)"(?P=hash)|b?"(?P<plain>(?:[^"\\]|\\.)*)"', re.DOTALL)
SKIPPED = re.compile(r"//[^\n]*|/\*.*?\*/|'(?:[^'\\\n]|\\.[^']*)'", re.DOTALL)
COMPARED = re.compile(r"(?:starts_with|ends_with|contains)\(\s*$")
OPENING, CLOSING = "([{", ")]}"


def errors(path: Path, root: Path) -> list[Found]:
    """Every error in one file."""
    source = Source(path.read_text())
    module = path.relative_to(root).as_posix()
    return [*_calls(source, module), *_enums(source, module)]


class Source:
    """Code without comments, without tests, and with its strings set aside."""

    def __init__(self, text: str) -> None:
        #: The content of each string, by where its opening quote stands in ``code``.
        self.strings: dict[int, str] = {}
        made: list[str] = []
        at = length = 0
        while at < len(text):
            if match := STRING.match(text, at):
                self.strings[length] = _unescaped(match)
                piece = '""'
            elif match := SKIPPED.match(text, at):
                piece = " "
            else:
                piece = text[at]
            at = match.end() if match else at + 1
            made.append(piece)
            length += len(piece)
        self.code = "".join(made)
        tests = re.search(r"#\[cfg\(test\)\]\s*mod\s+\w+\s*\{", self.code)
        if tests:
            self.code = self.code[: tests.start()]

    def end(self, at: int) -> int:
        """Behind the bracket that closes the one before ``at``."""
        depth = 1
        while depth and at < len(self.code):
            depth += (self.code[at] in OPENING) - (self.code[at] in CLOSING)
            at += 1
        return at

    def string(self, start: int, end: int) -> int | None:
        """Where the first string between the two stands."""
        return next((at for at in range(start, end) if at in self.strings), None)

    def texts(self, start: int, end: int) -> list[str]:
        """The strings between the two that are sentences, with placeholders named."""
        found = (at for at in range(start, end) if at in self.strings and " " in self.strings[at])
        # what a text is compared with is no text of its own
        return [self.filled(at, end) for at in found if not COMPARED.search(self.code[start:at])]

    def filled(self, at: int, end: int) -> str:
        """A format string with names for its placeholders: of ``{}`` those of the arguments behind it."""
        arguments = iter(self.arguments(at + 2, end))

        def name(match: re.Match[str]) -> str:
            inside = match[1].partition(":")[0]
            if inside == "":
                inside = next(arguments, "…")
            return "{…}" if inside.isdigit() else f"{{{inside}}}"

        text = re.sub(r"\{(?!\{)([^{}]*)\}", name, self.strings[at].replace("{{", "\0").replace("}}", "\1"))
        return " ".join(text.replace("\0", "{").replace("\1", "}").split())

    def arguments(self, at: int, end: int) -> Iterator[str]:
        """What to call each argument behind a format string."""
        argument, depth = "", 0
        for character in self.code[at:end]:
            if depth == 0 and (character == "," or character in CLOSING):
                if argument.strip():
                    yield _name(argument)
                argument = ""
                if character != ",":
                    return
                continue
            depth += (character in OPENING) - (character in CLOSING)
            argument += character


def _unescaped(match: re.Match[str]) -> str:
    if match["raw"] is not None:
        return match["raw"]
    text = re.sub(r"\\\n\s*", "", match["plain"])
    for escape, character in (('\\"', '"'), ("\\n", "\n"), ("\\t", "\t"), ("\\'", "'"), ("\\\\", "\\")):
        text = text.replace(escape, character)
    return text


def _name(argument: str) -> str:
    """The last name in an expression: ``columns`` of ``list(columns)``."""
    names = [
        name for name in re.findall(r"[a-z_][a-z0-9_]*", argument) if name not in ("self", "to_string", "mut", "as")
    ]
    return names[-1] if names else "…"


def _calls(source: Source, module: str) -> Iterator[Found]:
    for match in CALL.finditer(source.code):
        end = source.end(match.end())
        at = source.string(match.end(), end)
        before = "" if at is None else source.code[match.end() : at].strip()
        if at is None or not re.fullmatch(r"(?:format!\()?&?", before):
            continue  # made of what it is given
        text, hints = source.filled(at, end), list[str]()
        while chained := re.compile(r"\s*\.(\w+)\(").match(source.code, end):
            end = source.end(chained.end())
            if chained[1] == "with_hint":
                hints += source.texts(chained.end(), end)
        if match["mismatch"]:
            error, text = "TypeError", f"{{place}}: expected {text}, got {{value}}"
        else:
            error = match["python"] or KINDS.get((match["kind"] or match["new"]).capitalize(), "FlottError")
        yield Found(error, text, tuple(hints), module)


def _enums(source: Source, module: str) -> Iterator[Found]:
    for enum in re.finditer(r"\benum\s+(\w+)\s*\{", source.code):
        body, end = enum.end(), source.end(enum.end())
        kinds, hints = _explained(source, enum[1], "kind"), _explained(source, enum[1], "hint")
        for attribute in re.compile(r"#\[error\(").finditer(source.code, body, end):
            close = source.end(attribute.end())
            at = source.string(attribute.end(), close)
            variant = re.compile(r"\]\s*(?:#\[[^\]]*\]\s*)*(\w+)").match(source.code, close)
            if at is None or variant is None:
                continue
            code = " ".join(code for code, _ in _arm(kinds, variant[1]))
            # what says `reason.kind()` may be any that the file knows
            names = re.findall(r"ErrorKind::(\w+)", source.code if "kind()" in code else code)
            error = " or ".join(dict.fromkeys(KINDS[name] for name in names if name in KINDS)) or "FlottError"
            told = [text for arm in _arm(hints, variant[1]) for text in arm[1]]
            yield Found(error, source.filled(at, close), tuple(told), module)


def _explained(source: Source, enum: str, method: str) -> dict[str, list[tuple[str, list[str]]]]:
    """The arms of ``match self`` in a method of ``impl Explain``: code and texts, by the names of the variants."""
    arms: dict[str, list[tuple[str, list[str]]]] = {}
    found = re.search(rf"impl Explain for {enum}\b", source.code)
    method_at = found and re.compile(rf"fn {method}\(").search(source.code, found.end())
    matched = method_at and re.compile(r"match [^{]*\{").search(source.code, method_at.end())
    if not matched:
        return arms
    at, end = matched.end(), source.end(matched.end()) - 1
    while arrow := re.compile(r"=>\s*").search(source.code, at, end):
        pattern, start = source.code[at : arrow.start()], arrow.end()
        if source.code[start] == "{":
            stop = source.end(start + 1)
        else:
            stop = start
            while stop < end and source.code[stop] != ",":
                stop = source.end(stop + 1) if source.code[stop] in OPENING else stop + 1
        texts = source.texts(start, stop)
        for called in dict.fromkeys(re.findall(r"\b[a-z_]{5,}\b", source.code[start:stop])):
            if helper := re.search(rf"\bfn {called}\b[^{{]*\{{", source.code):
                texts += source.texts(helper.end(), source.end(helper.end()))
        for variant in (
            re.findall(rf"(?:{enum}|Self)::(\w+)", pattern) or re.findall(r"\b([A-Z]\w+)\b", pattern) or ["_"]
        ):
            arms.setdefault(variant, []).append((source.code[start:stop], texts))
        at = stop + 1
    return arms


def _arm(arms: dict[str, list[tuple[str, list[str]]]], variant: str) -> list[tuple[str, list[str]]]:
    return arms.get(variant) or arms.get("_") or []
