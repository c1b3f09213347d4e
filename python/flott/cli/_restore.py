"""``flott run --fromSavepoint``: what the program goes on from."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["restore_settings"]

_METADATA = "_metadata"


def restore_settings(path: str, allow_non_restored: bool) -> dict[str, str]:
    """The settings of environments that go on from a checkpoint.

    :param path: its directory, the ``_metadata`` in it, or either as a URL
    :raises ValueError: if there is none, with what to give
    """
    return {
        "execution.state-recovery.path": _found(path),
        "execution.state-recovery.ignore-unclaimed-state": str(allow_non_restored).lower(),
    }


def _found(path: str) -> str:
    url = urlsplit(path)
    if url.scheme not in ("", "file"):
        # the engine says which file systems there are
        return path
    given = Path(unquote(url.path) if url.scheme else path).absolute()
    directory = given.parent if given.name == _METADATA else given
    if (directory / _METADATA).is_file():
        return directory.as_uri()
    # the directory of a job, or the one that a program gives for checkpoints
    places = ("chk-*", "*/chk-*", "savepoint-*")
    below = [metadata for place in places for metadata in directory.glob(f"{place}/{_METADATA}")]
    if below:
        newest = max(below, key=lambda metadata: metadata.stat().st_mtime).parent
        raise ValueError(f"{path} is no checkpoint, but has some below it; name one, the newest is {newest}")
    what = "is no checkpoint: it has no complete one in it" if directory.is_dir() else "is not there"
    raise ValueError(
        f"{path} {what}; give the directory chk-<number> or savepoint-<id> with _metadata in it; checkpoints are below "
        "the directory of execution.checkpointing.dir and the job's id. A job that ends or is cancelled removes its "
        "checkpoints unless execution.checkpointing.externalized-checkpoint-retention says otherwise"
    )
