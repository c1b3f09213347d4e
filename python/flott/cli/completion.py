"""``flott completion``: completion of the command line, for bash and zsh, made from the commands' own parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

_BASH = """\
# Completion of flott for bash:  eval "$(flott completion bash)"
_flott() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} command= each
    for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $each in -*) ;; *) command=$each; break ;; esac
    done
    COMPREPLY=()
    case $command in
        "") COMPREPLY=($(compgen -W "{commands}" -- "$word")) ;;
{cases}
    esac
    if [[ ${{#COMPREPLY[@]}} -eq 0 && -n $command ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -o bashdefault -F _flott flott
"""

_BASH_CASE = """\
        {name})
            if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "{options}" -- "$word"))
            {more}fi ;;"""

_BASH_WORDS = """else COMPREPLY=($(compgen -W "{words}" -- "$word"))
            """

_ZSH = """\
#compdef flott
# Completion of flott for zsh:  eval "$(flott completion zsh)", behind compinit
_flott() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe 'command' commands
        return
    fi
    case $words[2] in
{cases}
    esac
}}
compdef _flott flott
"""

_ZSH_CASE = """\
        {name})
            if [[ $words[CURRENT] == -* ]]; then
                local -a options
                options=(
{options}
                )
                _describe 'option' options
            else
                {rest}
            fi ;;"""

#: What completes a JOB: the ids of those that run now.
_JOBS = "$(flott list 2>/dev/null | cut -d ' ' -f 1)"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "completion",
        help="print what completes flott in bash or zsh",
        description="Prints a script that lets the shell complete commands, options and jobs.",
        epilog="examples:\n"
        '  eval "$(flott completion bash)"                   this shell\n'
        "  echo 'eval \"$(flott completion bash)\"' >> ~/.bashrc   each new one\n"
        '  eval "$(flott completion zsh)"                    zsh, behind compinit\n',
    )
    parser.add_argument("shell", choices=("bash", "zsh"), help="which shell")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    print(script(options.shell), end="")
    return 0


def script(shell: str) -> str:
    """The script for ``bash`` or ``zsh``."""
    from flott.cli import parser

    (commands,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    parsers: dict[str, argparse.ArgumentParser] = commands.choices
    helps = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    if shell == "bash":
        cases = "\n".join(_bash_case(name, each) for name, each in parsers.items())
        return _BASH.format(commands=" ".join(parsers), cases=cases)
    listed = "\n".join(f"        {_zsh_item(name, helps.get(name, ''))}" for name in parsers)
    return _ZSH.format(commands=listed, cases="\n".join(_zsh_case(name, each) for name, each in parsers.items()))


def _bash_case(name: str, parser: argparse.ArgumentParser) -> str:
    options = " ".join(option for option, _ in _options(parser))
    words = _words(parser)
    return _BASH_CASE.format(name=name, options=options, more=_BASH_WORDS.format(words=words) if words else "")


def _zsh_case(name: str, parser: argparse.ArgumentParser) -> str:
    options = "\n".join(f"                    {_zsh_item(option, help)}" for option, help in _options(parser))
    words = _words(parser)
    return _ZSH_CASE.format(name=name, options=options, rest=f"compadd -- {words}" if words else "_files")


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """The options that the help shows, the long form of each, with what it says."""
    for action in parser._actions:
        if action.option_strings and action.help != argparse.SUPPRESS:
            yield max(action.option_strings, key=len), action.help or ""


def _words(parser: argparse.ArgumentParser) -> str:
    """What a word that is no option can be; nothing for a file."""
    for action in parser._actions:
        if not action.option_strings and action.choices:
            return " ".join(map(str, action.choices))
        if action.metavar == "JOB":
            return _JOBS
    return ""


def _zsh_item(name: str, help: str) -> str:
    text = f"{name}:{help.partition(';')[0]}".replace("'", "'\\''")
    return f"'{text}'"
