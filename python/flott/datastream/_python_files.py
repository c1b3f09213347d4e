"""What a program brings along for its functions: files to import, archives, packages to install.

Flink sends them to its workers. Here they are made available in the process, when a job starts.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott.common.configuration import Configuration

__all__ = ["add", "import_path", "prepare"]

#: What was made available in this process: an archive or a file of requirements, as given.
_ready: set[tuple[str, str]] = set()
#: Links in the working folder that are Flott's.
_links: set[str] = set()


def add(configuration: Configuration, option: str, given: str) -> None:
    """Appends to an option that is a list."""
    before = configuration.get_string(option, "")
    configuration.set_string(option, f"{before},{given}" if before else given)


def import_path(path: str) -> str:
    """What belongs on ``sys.path`` for a ``.py`` file, an archive with Python code or a folder."""
    path = os.path.abspath(path)
    return os.path.dirname(path) if path.endswith(".py") else path


def put_on_path(path: str) -> None:
    """Puts it in front of what is installed, behind the program's own folder."""
    if path not in sys.path:
        sys.path.insert(1, path)


def prepare(configuration: Configuration) -> None:
    """Makes available what the options of a job name.

    :raises ConfigurationError: if a file is not there, or packages can't be installed
    """
    for path in _list(configuration, "python.files"):
        _must_exist(path, "python.files")
        put_on_path(import_path(path))
    for archive in _list(configuration, "python.archives"):
        path, _, target = archive.partition("#")
        _must_exist(path, "python.archives")
        path = os.path.abspath(path)
        if _is_new(path, target):
            _unpack(path, target or os.path.basename(path))
    requirements = configuration.get_string("python.requirements", "")
    if requirements:
        path, _, packages = requirements.partition("#")
        _must_exist(path, "python.requirements")
        if _is_new(os.path.abspath(path), packages) and not _installed(path):
            _install(path, packages)
    executable = configuration.get_string("python.executable", "")
    if executable:
        # Flink's workers show there which Python they were asked to be
        os.environ["python"] = executable  # noqa: SIM112


def _list(configuration: Configuration, option: str) -> list[str]:
    return [part for part in configuration.get_string(option, "").split(",") if part]


def _is_new(path: str, detail: str) -> bool:
    what = (f"{path}:{os.path.getmtime(path)}", detail)
    if what in _ready:
        return False
    _ready.add(what)
    return True


def _must_exist(path: str, option: str) -> None:
    if not os.path.exists(path):
        from flott.errors import ConfigurationError

        raise ConfigurationError(
            f"there is no file or folder {path}\n  where: option {option}\n"
            "  what to do: name one on this machine; addresses such as hdfs:// and s3:// can't be read"
        )


def _scratch() -> str:
    """A new folder that lasts as long as the process."""
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="flott-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _unpack(path: str, target: str) -> None:
    """Unpacks an archive into a folder of its own, and links it into the working folder by the name of its target."""
    import logging
    import shutil

    kinds = {".zip": "zip", ".jar": "zip", ".whl": "zip", ".tar": "tar", ".tar.gz": "gztar", ".tgz": "gztar"}
    kind = next((kind for end, kind in kinds.items() if path.lower().endswith(end)), None)
    if kind is None:
        raise ValueError(f"{path} is no archive that can be unpacked: name it {', '.join(kinds)}")
    link = os.path.abspath(target)
    if os.path.lexists(link) and link not in _links:
        logging.getLogger("flott").warning(
            "the archive %s is not unpacked: the working folder has a '%s' already, which functions see", path, target
        )
        return
    folder = _scratch()
    shutil.unpack_archive(path, folder, kind)
    if link in _links:
        os.unlink(link)
    os.makedirs(os.path.dirname(link), exist_ok=True)
    try:
        os.symlink(folder, link, target_is_directory=True)
    except OSError as error:
        raise OSError(f"the archive {path} can't be linked into the working folder as '{target}': {error}") from error
    if link not in _links:
        import atexit

        _links.add(link)
        atexit.register(os.unlink, link)


def _installed(path: str) -> bool:
    """Whether each line is a package that is there, by name or as name==version."""
    from importlib import metadata

    with open(path, encoding="utf-8") as file:
        lines = [line.partition("#")[0].strip() for line in file]
    for line in filter(None, lines):
        name, pinned, version = line.partition("==")
        try:
            there = metadata.version(name.strip())
        except (metadata.PackageNotFoundError, ValueError):
            return False
        if pinned and there != version.strip():
            return False
    return True


def _install(path: str, packages: str) -> None:
    import subprocess

    folder = _scratch()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder]
    command += ["--no-warn-conflicts", "--requirement", path]
    if packages:
        # without the network there is nothing to make a place of its own for building from
        command += ["--no-index", "--find-links", packages, "--no-build-isolation"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        from flott.errors import ConfigurationError

        lines = [line.strip() for line in done.stderr.splitlines()]
        said = "\n    ".join([line for line in lines if "error" in line.lower()] or lines[-5:])
        raise ConfigurationError(
            f"the packages of {path} can't be installed\n  where: option python.requirements; pip says\n    {said}\n"
            "  what to do: install them into the Python that runs the program, and take the requirements out"
        )
    put_on_path(folder)
