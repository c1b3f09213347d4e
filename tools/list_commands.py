"""Writes docs/command-line.md: every command of ``flott`` and its options, from their parsers. ``make commands``.

``list_commands.py --check`` says whether the page is what the code makes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "command-line.md"

sys.path.insert(0, str(ROOT / "python"))

from flott.cli import parser  # noqa: E402

INTRO = """\
# The command line

Every command of `flott` with its options, made from the code by `make commands`; `flott COMMAND --help` says the same.
More stands in [Running PyFlink programs](run.md) (`run`, and jobs that run), [The embedded broker](broker.md) and
[Testing](testing.md).

| command | what it does |
|---|---|
"""

COMPLETION = """\

## Completion

`eval "$(flott completion bash)"` in `~/.bashrc`, or `eval "$(flott completion zsh)"` behind `compinit` in `~/.zshrc`.
It completes commands, options, files, and the ids of jobs that run.
"""


def main() -> int:
    page = "".join(_page())
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    print(
        f"{PAGE.relative_to(ROOT)} is not what the code makes: run 'make commands' and commit the page", file=sys.stderr
    )
    return 1


def _page() -> Iterator[str]:
    (commands,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    yield INTRO
    for choice in commands._choices_actions:
        yield f"| [`flott {choice.dest}`](#flott-{choice.dest}) | {choice.help} |\n"
    yield COMPLETION
    for name, command in commands.choices.items():
        yield f"\n## flott {name}\n\n{command.description}\n"
        yield from _table(command)
        prose, _, examples = (command.epilog or "").partition("examples:\n")
        if prose.strip():
            yield f"\n{prose.strip()}\n"
        if examples:
            lines = "\n".join(line.removeprefix("  ") for line in examples.rstrip().splitlines())
            yield f"\n```\n{lines}\n```\n"


def _table(command: argparse.ArgumentParser) -> Iterator[str]:
    """The arguments and options that the help shows."""
    shown = [each for each in command._actions if each.help != argparse.SUPPRESS and each.dest != "help"]
    if shown:
        yield "\n| | |\n|---|---|\n"
    for action in shown:
        value = action.metavar or ("|".join(action.choices) if action.choices else action.dest.upper())
        if not action.option_strings:
            names = f"`{value}`"
        elif action.nargs == 0:
            names = ", ".join(f"`{option}`" for option in action.option_strings)
        else:
            names = ", ".join(f"`{option} {value}`" for option in action.option_strings)
        default = ""
        if isinstance(action.default, (int, str, Path)) and action.default not in (False, "", "local"):
            default = f" (default: `{action.default}`)"
        yield f"| {names.replace('|', chr(92) + '|')} | {(action.help or '').replace('|', chr(92) + '|')}{default} |\n"


if __name__ == "__main__":
    sys.exit(main())
