"""Writes docs/reference/*.md: which classes and functions the API has, from the code. ``make reference``.

Each page lists the public names of some modules with what their docstrings begin with; the site's build puts the
docstrings below. ``list_api.py --check`` says whether the pages are what the code makes. Nothing is imported.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / "python"
PAGES = ROOT / "docs" / "reference"

#: Page, its title, and the modules where its names are at home; the longest that fits has a name.
AREAS = {
    "environment": (
        "Environment",
        """datastream.stream_execution_environment datastream.checkpoint datastream.externalized
        datastream.state_backend datastream.execution_mode datastream.slot_sharing_group datastream.time_characteristic
        common.configuration common.config_options common.execution common.restart_strategy
        common.input_dependency_constraint _pyflink""",
    ),
    "jobs": ("Jobs", "common.job common.completable_future common.window_explanation errors"),
    "datastream": ("Streams", "datastream"),
    "functions": ("Functions", "datastream.functions datastream.timerservice datastream.time_domain"),
    "state": ("State", "datastream.state."),
    "windows": ("Windows", "datastream.window."),
    "time": ("Time and watermarks", "common.time. common.watermark_strategy"),
    "types": ("Types", "common.types common._type common.typeinfo"),
    "connectors": ("Connectors", "datastream.connectors"),
    "formats": ("Formats", "datastream.formats common.serialization"),
    "expressions": ("Expressions", "table"),
    "cep": ("Patterns", "cep"),
    "metrics": ("Metrics", "metrics"),
    "state-reading": ("Reading state", "state."),
    "testing": ("Testing", "testing"),
    "broker": ("The embedded broker", "broker"),
}

#: Modules that PyFlink has too, of names that no program needs.
INTERNAL = """datastream.functions.wrapper datastream.functions.java datastream.utils common.utils common.io
    common.serializer testing.conformance cli _native"""
UNDOCUMENTED = {"long_to_int_with_bit_mixing", "mod_inverse", "__version__"}

INTRO = """\
# {title}

<!-- Made from the code by `make reference`. -->
Names, parameters and defaults are [PyFlink 1.20's](https://nightlies.apache.org/flink/flink-docs-release-1.20/api/python/);
a docstring says where Flott differs. Times are in milliseconds unless it says otherwise.

| name | |
|---|---|
"""

#: Of a class that extends one that is on no page: what it has from there is shown as its own.
INHERITED = "    options:\n      inherited_members: true\n"


@dataclass
class Module:
    """What a module's file says, as far as it matters here."""

    exports: list[str]
    imports: dict[str, str] = field(default_factory=dict)
    docstrings: dict[str, str] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)


@cache
def module(name: str) -> Module | None:
    """The module of that full name, if it is Flott's."""
    path = PYTHON.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.is_file():
        return None
    found = Module([])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, behind in zip(tree.body, [*tree.body[1:], None]):
        match node, behind:
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target), ast.Expr(value=ast.Constant(value=text)):
                found.docstrings[ast.unparse(target)] = str(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.imports |= {each.asname or each.name: node.module for each in node.names}
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.docstrings.setdefault(node.name, ast.get_docstring(node) or "")
            if isinstance(node, ast.ClassDef):
                found.bases.setdefault(node.name, [ast.unparse(each) for each in node.bases])
        elif isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["__all__"]:
            found.exports = ast.literal_eval(node.value)
    return found


def origin(module_name: str, name: str) -> str:
    """The module where a name is defined."""
    source = module(module_name)
    while source is not None and name in source.imports and module(source.imports[name]) is not None:
        module_name = source.imports[name]
        source = module(module_name)
    return module_name


def public() -> Iterator[tuple[str, str]]:
    """The modules that a program can name, and the public names of each."""
    for path in sorted(PYTHON.glob("flott/**/*.py")):
        parts = path.relative_to(PYTHON).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if not any(part.startswith("_") for part in parts):
            found = module(".".join(parts))
            for name in found.exports if found else []:
                yield ".".join(parts), name


def homes() -> dict[tuple[str, str], str]:
    """The module and name of each object, to the shortest module that a program can take it from."""
    found: dict[tuple[str, str], str] = {}
    for module_name, name in public():
        home = origin(module_name, name)
        if name in UNDOCUMENTED or f"{home}.".startswith(tuple(f"flott.{each}" for each in INTERNAL.split())):
            continue
        before = found.get((home, name))
        if before is None or module_name.count(".") < before.count("."):
            found[home, name] = module_name
    return found


def pages() -> dict[str, str]:
    """The text of each page by its name."""
    listed: dict[str, list[tuple[str, str, str, str]]] = {area: [] for area in AREAS}
    documented = homes()
    for (home, name), module_name in documented.items():
        fitting = [
            (len(prefix), area)
            for area, (_, prefixes) in AREAS.items()
            for prefix in prefixes.split()
            if f"{home}.".startswith(f"flott.{prefix}")
        ]
        options = INHERITED if any(each not in documented for each in bases(home, name)) else ""
        listed[max(fitting)[1]].append((module_name, name, docstring(home, name), options))
    return {area: page(title, sorted(listed[area])) for area, (title, _) in AREAS.items()}


def page(title: str, names: list[tuple[str, str, str, str]]) -> str:
    """The page of these names."""
    rows, below, before = [], [], ""
    for module_name, name, text, options in names:
        rows.append(f"| `{module_name}.{name}` | {summary(text)} |\n")
        if module_name != before:
            below.append(f"\n## {module_name}\n")
            before = module_name
        below.append(f"\n::: {module_name}.{name}\n{options}")
    return INTRO.format(title=title) + "".join(rows) + "".join(below)


def bases(home: str, name: str) -> Iterator[tuple[str, str]]:
    """The classes of Flott that a class extends, by the module where each is defined, and its name."""
    found = module(home)
    for base in found.bases.get(name, []) if found else []:
        plain = base.partition("[")[0]
        where = origin(home, plain)
        source = module(where)
        if source is not None and plain in source.bases:
            yield where, plain


def docstring(home: str, name: str) -> str:
    """The docstring of what a module defines under that name."""
    found = module(home)
    return found.docstrings.get(name, "") if found else ""


def summary(text: str) -> str:
    """The first sentence of a docstring, in Markdown, for a table's cell."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.:;])\s", paragraph)[0].rstrip(".:;")
    sentence = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", sentence).replace("``", "`")
    return sentence.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    made = {PAGES / f"{name}.md": text for name, text in pages().items()}
    if "--check" not in arguments:
        PAGES.mkdir(exist_ok=True)
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    there = {path: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md") if path.stem != "options"}
    wrong = sorted(str(path.relative_to(ROOT)) for path in {*made, *there} if made.get(path) != there.get(path))
    if wrong:
        print(f"not what the code makes: {', '.join(wrong)}: run 'make reference' and commit", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
