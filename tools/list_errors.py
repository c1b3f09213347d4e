"""Writes docs/errors.md: every error the code can raise, with its text. ``make errors``.

``list_errors.py --check`` says whether the page is what the code makes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import errors_in_python
import errors_in_rust
from errors_in_rust import Found

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"

#: The first that matches the beginning of a module's path says where its errors stand.
AREAS = {
    "Declared types": """python/src/conform python/flott/common/_type python/flott/common/_checks
        python/flott/common/types""",
    "Functions": "python/flott/datastream/functions python/src/function python/flott/datastream/_calls",
    "State and timers": "python/src/state python/src/timers python/flott/datastream/state src/state src/time",
    "Windows": """python/src/window src/window python/flott/datastream/window python/flott/datastream/_windows""",
    "Async I/O and joins": """python/flott/datastream/async python/flott/datastream/_async
        python/flott/datastream/interval python/flott/datastream/joined""",
    "Expressions": "src/expression python/flott/table",
    "Kafka": """src/connector/kafka python/flott/datastream/connectors/_kafka
        python/flott/datastream/connectors/kafka""",
    "JDBC": "src/connector/jdbc python/flott/datastream/connectors/jdbc",
    "Files": """src/connector/filesystem python/flott/datastream/connectors/_file
        python/flott/datastream/connectors/file""",
    "Other connectors": """src/connector src/options python/flott/datastream/connectors python/src/connectors""",
    "Formats": "src/format python/flott/datastream/formats python/flott/common/serial src/operator",
    "The embedded broker and the command line": "src/broker python/src/broker python/flott/broker python/flott/cli",
    "Between Python and columns": "python/src/convert python/src/types python/src/objects src/types src/batch",
    "Configuration": "python/flott/common",
    "Streams and jobs": "src python",
}

INTRO = """\
# Errors

Every error that Flott raises, with its text, made from the code by `make errors`. Search this page for a piece of the
message you got that is not a name of yours: `{…}` stands for what is put in.

## How to read an error

```
unknown column 'amuont'; the columns are id, amount       what happened
  where: operator 'Filter' (order_etl.py:41)              the operator, and the line of your program that made it
  record: {'id': 7}                                       what it was working on, shortened
  what to do: did you mean 'amount'?                      the next step
```

Which parts there are depends on the error. **An exception that your own function raised** is not on this page: it
arrives as itself, with its traceback, and a note says the operator, its line and the record:

```
KeyError: 'amount'
in operator 'Map' (order_etl.py:38), while processing: {'id': 7}
```

| class | means |
|---|---|
| `ConfigurationError` (a `ValueError`) | the program or its configuration is wrong: running it again will not help |
| `DataError` (a `ValueError`) | a record cannot be read, converted or written |
| `ConnectorError` (a `RuntimeError`) | a server, a file or the network did not do its part: trying again may help |
| `JobCancelledError` | the job was cancelled before it finished |
| `InternalError` | a bug in Flott: please report it with the program that shows it |
| `TypeError`, `ValueError` … | Python's own, where a call is wrong: mostly while the program is built |

The first five are in `flott.errors` and extend `FlottError`. What a declared type takes and refuses stands in
[Declared types](types.md); what happens when a server is away or a record is broken in [Bad days](bad-days.md).
"""


def found() -> list[Found]:
    """Every error of the repository's code."""
    rust = [path for folder in ("src", "python/src") for path in (ROOT / folder).rglob("*.rs")]
    made = [error for path in sorted(rust) if not _is_test(path) for error in errors_in_rust.errors(path, ROOT)]
    for path in sorted((ROOT / "python" / "flott").rglob("*.py")):
        made += errors_in_python.errors(path, ROOT)
    return made


def _is_test(path: Path) -> bool:
    return "tests" in path.parts or path.stem in ("tests", "testing")


def page() -> str:
    """The page."""
    areas: dict[str, dict[str, list[Found]]] = {title: {} for title in AREAS}
    for error in found():
        title = next(title for title, of in AREAS.items() if error.module.startswith(tuple(of.split())))
        areas[title].setdefault(error.text, []).append(error)
    lines = [INTRO]
    for title, texts in areas.items():
        if texts:
            lines.append(f"## {title}\n")
            said: dict[tuple[str, ...], str] = {}
            lines += [_entry(text, texts[text], said) for text in sorted(texts, key=_order)]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _entry(text: str, errors: list[Found], said: dict[tuple[str, ...], str]) -> str:
    """:param said: where long lists of hints stand already"""
    classes = dict.fromkeys(f"`{name}`" for error in errors for name in error.error.split(" or "))
    modules = dict.fromkeys(f"`{_module(error.module)}`" for error in errors)
    entry = f"- {_code(text)}  \n  {', '.join(classes)}, in {', '.join(modules)}"
    hints = tuple(dict.fromkeys(hint for error in errors for hint in error.hints))
    if hints in said:
        return f"{entry}  \n  What to do: as for {_code(said[hints])}"
    if len(hints) > 3:
        said[hints] = text
        return "\n".join([f"{entry}  \n  What to do, by the cause:", *[f"  - {_code(hint)}" for hint in hints]])
    return f"{entry}  \n  What to do: {' · '.join(map(_code, hints))}" if hints else entry


def _module(path: str) -> str:
    """``flott.datastream.data_stream`` for a Python file, the path for a Rust one."""
    if path.endswith(".py"):
        return path.removeprefix("python/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return path


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _order(text: str) -> tuple[str, str]:
    """By the first words that are the message's own."""
    return re.sub(r"\{[^}]*\}|[^a-z0-9]+", " ", text.lower()).strip(), text


def main(arguments: list[str]) -> int:
    made = page()
    if "--check" not in arguments:
        PAGE.write_text(made)
        return 0
    if PAGE.exists() and PAGE.read_text() == made:
        return 0
    print("docs/errors.md is not what the code makes: run 'make errors' and commit the page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
