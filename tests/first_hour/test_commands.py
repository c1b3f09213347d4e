"""Mistakes at the command line: what is said ends the problem."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def flott(folder: Path, *words: str) -> tuple[int, str]:
    """Its exit code, and what it says on standard error."""
    command = [sys.executable, "-m", "flott.cli", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assert flott(tmp_path, "new", "shop") == (0, "")
    return tmp_path


def test_without_a_command_there_is_help(tmp_path: Path) -> None:
    code, told = flott(tmp_path)
    assert code == 2
    assert "flott new shop         begin a project" in told


def test_a_command_with_a_mistake(tmp_path: Path) -> None:
    assert flott(tmp_path, "rnu", "job.py")[1].endswith("there is no command 'rnu'; did you mean run?\n")
    assert "there is no command 'x'; it is one of broker, cancel" in flott(tmp_path, "x")[1]


@pytest.mark.parametrize("command", ["run", "info"])
def test_a_program_that_is_not_there(project: Path, command: str) -> None:
    code, told = flott(project / "shop", command, "jbo.py")
    assert (code, told[told.index("error: ") :]) == (2, "error: there is no file jbo.py; did you mean job.py?\n")
    told = flott(project, command, "job.py")[1]
    assert told.endswith(f"there is no file job.py; there is no program in {project}\n")


@pytest.mark.parametrize("command", ["run", "info"])
def test_a_folder_in_the_place_of_a_program(project: Path, command: str) -> None:
    told = flott(project, command, "shop")[1]
    assert told.endswith("shop is a folder without a __main__.py; name its program: shop/job.py or shop/test_job.py\n")


def test_a_file_of_imports_that_is_not_there(project: Path) -> None:
    told = flott(project, "run", "-pyfs", "lib.py", "shop/job.py")[1]
    assert told == "flott: --pyFiles: there is no file or folder lib.py\n"


def test_no_job_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOTT_CONTROL_DIR", str(tmp_path / "jobs"))
    for words in (["list"], ["stop", "1"], ["cancel", "1"], ["explain-window"]):
        assert "no job of yours runs on this machine now" in flott(tmp_path, *words)[1]
