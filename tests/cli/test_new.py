"""``flott new``: what it makes works at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flott.broker import Broker
from tests.awaiting import until
from tests.bad_days.topics import send


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = run(tmp_path, "-m", "flott.cli", "new", "my-shop")
    assert (made.returncode, "cd my-shop" in made.stdout) == (0, True), made.stderr
    return tmp_path / "my-shop"


def test_its_test_passes(project: Path) -> None:
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_its_job_runs(project: Path) -> None:
    done = run(project, "job.py")
    # ada: 12.50 + 49.99 = 62.49 in the first minute
    assert done.stdout.splitlines()[0] == "('10:00', 'ada', 6249)"
    assert len(done.stdout.splitlines()) == 5


def test_its_job_reads_a_topic(project: Path, tmp_path: Path) -> None:
    """The config names brokers, and nothing else changes."""
    config = project / "config.ini"
    with Broker(data_dir=tmp_path / "data", topics=[("orders", 1)]) as broker:
        orders = [("10:00:01", 500), ("10:00:02", 250), ("10:02:00", 1)]
        texts = [json.dumps({"user": "ada", "cents": c, "time": f"2024-01-01 {time}"}) for time, c in orders]
        send(broker.bootstrap_servers, "orders", [text.encode() for text in texts])
        named = f"bootstrap_servers = {broker.bootstrap_servers}"
        config.write_text(config.read_text().replace("bootstrap_servers =", named))
        assert run(project, "-m", "flott.cli", "doctor").returncode == 0
        with (tmp_path / "output").open("wb") as output:
            job = subprocess.Popen([sys.executable, "-u", "job.py"], cwd=project, stdout=output)
        try:
            until(lambda: (tmp_path / "output").read_text() == "('10:00', 'ada', 750)\n", "no minute was told")
        finally:
            job.terminate()
            job.wait(timeout=30)


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    made = run(tmp_path, "-m", "flott.cli", "new", "shop")
    assert (made.returncode, made.stdout) == (1, "")
    assert "the folder shop is there already, and not empty" in made.stderr
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["mine.txt"]


def test_a_name_that_is_none(tmp_path: Path) -> None:
    made = run(tmp_path, "-m", "flott.cli", "new", "2 fast")
    assert (made.returncode, "'2 fast' is no name for a project" in made.stderr) == (1, True)
