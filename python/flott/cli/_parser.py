"""The parser of the command line and of each subcommand."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any


def nearest(word: str, known: Iterable[str]) -> str:
    """What may have been meant, as the end of a message."""
    from difflib import get_close_matches

    known = sorted(known)
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"it is one of {', '.join(known)}"


class HelpFormatter(argparse.HelpFormatter):
    """Fits help into the terminal, and leaves examples as they are: what follows a line ``examples:``."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        prose, heading, examples = text.partition("examples:\n")
        filled = super()._fill_text(prose, width, indent) if prose.strip() else ""
        return filled + ("\n\n" if filled and heading else "") + heading + examples


class DefaultsHelpFormatter(argparse.ArgumentDefaultsHelpFormatter, HelpFormatter):
    """The same, with the defaults of options."""


class CommandParser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that can leave the rest of the line to a program."""

    #: What does not begin with one of this parser's options ends its part of the line: like ``python``, and like
    #: ``flink run``. It is ``options.own``, the rest ``options.rest``.
    leaves_rest = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", HelpFormatter)
        super().__init__(*args, **kwargs)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Names the nearest command where argparse would list all of them."""
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            self.error(f"there is no command '{value}'; {nearest(value, action.choices)}")
        super()._check_value(action, value)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if not self.leaves_rest:
            return super().parse_known_args(args, namespace)
        own, rest = self._split(list(args))
        parsed, unknown = super().parse_known_args(own, namespace)
        parsed.own, parsed.rest = own, rest
        return parsed, unknown

    def _split(self, args: Sequence[str]) -> tuple[list[str], list[str]]:
        actions = {name: action for action in self._actions for name in action.option_strings}
        at = 0
        while at < len(args):
            word = args[at]
            name = word.partition("=")[0] if word.startswith("--") else word
            action = actions.get(name)
            if action is not None:
                at += 1 if action.nargs == 0 or name != word else 2
            elif word[:2] in actions and actions[word[:2]].nargs != 0 and word[:2] != "--":
                at += 1  # -Dkey=value, -p4
            elif word == "--":
                return list(args[:at]), list(args[at + 1 :])
            else:
                break
        return list(args[:at]), list(args[at:])
