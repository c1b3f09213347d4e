"""Help that fits a terminal and shows how to begin, and completion in real shells."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flott.cli import main, parser

(_COMMANDS,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
COMMANDS = sorted(_COMMANDS.choices)


def shell(name: str, script: str, folder: Path, bin: Path) -> list[str]:
    path = f"{bin}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [name, "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "FLOTT_CONTROL_DIR": str(folder / "jobs")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def bin(tmp_path: Path) -> Path:
    """A folder with ``flott`` in it: that of this Python."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "flott"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flott.cli "$@"\n')
    command.chmod(0o755)
    return command.parent


@pytest.mark.parametrize("words", [[], *([command] for command in COMMANDS)], ids=lambda words: " ".join(words))
def test_help_fits_a_terminal_and_has_examples(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as exit:
        main([*words, "--help"])
    assert exit.value.code == 0
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > 80] == []
    examples = text.partition("\nexamples:\n")[2].splitlines()
    assert examples, "without an example one has to guess"
    assert examples[0].startswith(f"  {' '.join(['flott', *words])}") or "flott" in examples[0]


def complete(words: list[str], folder: Path, bin: Path) -> list[str]:
    """What bash would offer for the last of the words."""
    typed = " ".join(f"'{word}'" for word in words)
    script = f"""eval "$(flott completion bash)"; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _flott
    printf '%s\\n' "${{COMPREPLY[@]}}" """
    return shell("bash", script, folder, bin)


def test_completion_in_bash(tmp_path: Path, bin: Path) -> None:
    (tmp_path / "job.py").touch()
    assert sorted(complete(["flott", ""], tmp_path, bin)) == COMMANDS
    assert complete(["flott", "do"], tmp_path, bin) == ["doctor"]
    assert complete(["flott", "broker", "--po"], tmp_path, bin) == ["--port"]
    assert complete(["flott", "run", "jo"], tmp_path, bin) == ["job.py"], "files where a program is meant"
    assert complete(["flott", "completion", ""], tmp_path, bin) == ["bash", "zsh"]
    assert complete(["flott", "explain-window", "0"], tmp_path, bin) == [], "no job runs"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed here, and nothing else reads its script")
def test_completion_in_zsh(tmp_path: Path, bin: Path) -> None:
    script = """autoload -U compinit && compinit -u -d "$PWD/dump"; eval "$(flott completion zsh)"
    _describe() { print -l -- ${(P)2%%:*} }
    words=(flott ''); CURRENT=2; _flott
    words=(flott broker --p); CURRENT=3; _flott"""
    offered = shell("zsh", script, tmp_path, bin)
    assert sorted(offered[: len(COMMANDS)]) == COMMANDS
    assert {"--port", "--partitions"} <= set(offered[len(COMMANDS) :])
