"""Files, archives and packages that a program brings along for its functions."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flott.common import Configuration
from flott.datastream import StreamExecutionEnvironment as Env
from flott.errors import ConfigurationError


def archive(folder: Path, name: str, kind: str) -> str:
    content = folder / f"content of {name}"
    content.mkdir()
    (content / "names.txt").write_text(name)
    return shutil.make_archive(str(folder / name), kind, content)


def collect_text(env: Env, file: str) -> list[str]:
    with env.from_collection([1]).map(lambda _: Path(file).read_text()).execute_and_collect() as results:
        return list(results)


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
def test_functions_find_the_files_of_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    env = Env.get_execution_environment()
    env.add_python_archive(archive(tmp_path, "a", kind), "data")
    env.add_python_archive(archive(tmp_path, "b", kind), "more/data")
    assert collect_text(env, "data/names.txt") == ["a"]
    assert collect_text(env, "more/data/names.txt") == ["b"]


def test_a_folder_that_is_there_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_text("mine")
    env = Env.get_execution_environment()
    env.add_python_archive(archive(tmp_path, "a", "zip"), "data")
    with caplog.at_level(logging.WARNING, logger="flott"):
        assert collect_text(env, "data/names.txt") == ["mine"]
    assert "has a 'data' already" in caplog.text


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = archive(tmp_path, "a", "zip")
    (tmp_path / "work").mkdir()
    code = (
        "from flott.datastream import StreamExecutionEnvironment; "
        "env = StreamExecutionEnvironment.get_execution_environment(); "
        f"env.add_python_archive({path!r}, 'data'); "
        "env.from_collection([1]).map(lambda _: open('data/names.txt').read()).print(); env.execute()"
    )
    # the folder of the user's running jobs stays, like those of ssh and tmux
    environ = {**os.environ, "TMPDIR": str(tmp_path / "work"), "FLOTT_CONTROL_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "work", env=environ, capture_output=True)
    assert (done.stdout, list((tmp_path / "work").iterdir())) == (b"a\n", [])


def test_packages_come_from_a_folder(tmp_path: Path) -> None:
    # the least that is a wheel: a module and its metadata
    wheel = tmp_path / "cache" / "twice_of_this_test-1.0-py3-none-any.whl"
    content = tmp_path / "wheel"
    (content / "twice_of_this_test-1.0.dist-info").mkdir(parents=True)
    (content / "twice_of_this_test.py").write_text("def twice(n):\n    return n * 2\n")
    info = content / "twice_of_this_test-1.0.dist-info"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twice-of-this-test\nVersion: 1.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (info / "RECORD").write_text("")
    wheel.parent.mkdir()
    shutil.move(shutil.make_archive(str(tmp_path / "made"), "zip", content), wheel)
    (tmp_path / "requirements.txt").write_text("# for this test\ntwice-of-this-test==1.0\n")

    def twice(n: int) -> int:
        import twice_of_this_test  # type: ignore[import-not-found]

        return twice_of_this_test.twice(n)  # type: ignore[no-any-return]

    env = Env.get_execution_environment()
    env.set_python_requirements(str(tmp_path / "requirements.txt"), str(wheel.parent))
    with env.from_collection([1, 2]).map(twice).execute_and_collect() as results:
        assert list(results) == [2, 4]


def test_packages_that_are_not_to_be_had(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("no-such-package-of-this-test\n")
    env = Env.get_execution_environment()
    env.set_python_requirements(str(tmp_path / "requirements.txt"), str(tmp_path))
    env.from_collection([1]).print()
    with pytest.raises(ConfigurationError, match=r"requirements.txt can't be installed[\s\S]*no-such-package"):
        env.execute()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    settings = Configuration().set_string("python.archives", f"{tmp_path}/absent.zip#data")
    env = Env.get_execution_environment(settings)
    env.from_collection([1]).print()
    with pytest.raises(ConfigurationError, match=r"absent.zip[\s\S]*python.archives"):
        env.execute()
