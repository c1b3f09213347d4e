"""Is Flott itself all right here: the Python, the engine, the command, what else is called pyflink."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import flott
from flott.cli._doctor import Finding, bad, fine, note

__all__ = ["check_installation"]

_OLDEST = (3, 10)


def check_installation() -> Iterator[Finding]:
    """What is wrong with the installation, and what is fine."""
    version = platform.python_version()
    if sys.version_info < _OLDEST:
        yield bad(f"Python {version} is too old", "install Python 3.10 or newer, and Flott for it")
    else:
        yield fine(f"Python {version} ({sys.executable}), {platform.system()} {platform.machine()}")
    yield from _engine()
    yield from _rocksdb()
    yield from _command()
    yield from _pyflink()
    yield _temporary_files()
    yield _pytest()


def _engine() -> Iterator[Finding]:
    folder = Path(flott.__file__).parent
    try:
        from flott._flott import __version__
    except ImportError as error:
        yield bad(
            f"the engine in {folder} cannot be loaded: {error}",
            "install the wheel that fits this Python and this machine: pip install --force-reinstall flott",
        )
        return
    yield fine(f"Flott {__version__} in {folder}")
    try:
        from flott.datastream import StreamExecutionEnvironment

        env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
        counted = list(env.from_collection([1, 2]).map(lambda n: n * 2).execute_and_collect("doctor"))
    except Exception as error:
        yield bad(f"a job of one line fails: {error}", "this is a bug in Flott, please report it with this message")
        return
    if counted == [2, 4]:
        yield fine("a job of one line runs")
    else:
        yield bad(f"a job that doubles 1 and 2 gave {counted}", "this is a bug in Flott, please report it")


def _rocksdb() -> Iterator[Finding]:
    """Whether state can be kept on disk."""
    from flott.datastream import EmbeddedRocksDBStateBackend, StreamExecutionEnvironment

    try:
        env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
        env.set_state_backend(EmbeddedRocksDBStateBackend())
        totals = env.from_collection([1, 2]).key_by(lambda n: "all").reduce(lambda one, two: one + two)
        counted = list(totals.execute_and_collect("doctor"))
    except Exception as error:
        yield bad(
            f"state cannot be kept in RocksDB: {error}",
            "keep it in memory (HashMapStateBackend, the default), or install a wheel of Flott, which has RocksDB",
        )
        return
    if counted == [1, 3]:
        yield fine("state can be kept in RocksDB")
    else:
        yield bad(f"a sum of 1 and 2 in RocksDB gave {counted}", "this is a bug in Flott, please report it")


def _command() -> Iterator[Finding]:
    """Whether ``flott`` on the path is this one."""
    found = shutil.which("flott")
    scripts = Path(sys.executable).parent
    if found is None:
        yield note(
            "the command 'flott' is not on the path",
            f"activate the environment (. {scripts / 'activate'}), or say {sys.executable} -m flott.cli",
        )
    elif Path(found).resolve().parent != scripts.resolve() and Path(found).parent != scripts:
        yield note(
            f"the command 'flott' on the path is that of another Python: {found}",
            f"activate the environment of this one: . {scripts / 'activate'}",
        )


def _pyflink() -> Iterator[Finding]:
    """What ``import pyflink`` finds without ``flott run``."""
    spec = find_spec("pyflink")
    if spec is None or spec.origin in (None, "flott"):
        yield note(
            "PyFlink itself is not installed here, so 'python job.py' of a program that imports pyflink fails",
            "run it with 'flott run job.py', or import flott in the place of pyflink; Flott needs no PyFlink",
        )
    else:
        yield note(
            f"PyFlink itself is installed too, in {Path(str(spec.origin)).parent}",
            "'python job.py' runs a program that imports pyflink on it, 'flott run job.py' on Flott",
        )


def _temporary_files() -> Finding:
    folder = tempfile.gettempdir()
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"flott")
    except OSError as error:
        return bad(f"no file can be written in {folder}: {error}", "make room there, or set TMPDIR to another folder")
    free = shutil.disk_usage(folder).free / 2**30
    if free < 1:
        return note(f"{folder} has {free:.1f} GB left", "checkpoints and the development broker need more in time")
    return fine(f"{folder} can be written, {free:.0f} GB free; {os.cpu_count()} processors")


def _pytest() -> Finding:
    if find_spec("pytest") is None:
        return note("pytest is not installed; 'flott learn' and the tests of 'flott new' need it", "pip install pytest")
    return fine("pytest is installed")
