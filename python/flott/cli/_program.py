"""A program as the main module of this process, the way ``python`` itself runs it."""

from __future__ import annotations

import os
import signal
import sys
from types import CodeType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def run_program(file: str | None, module: str | None, arguments: list[str], import_paths: Iterable[str]) -> None:
    """Runs a file, or a module like ``python -m``; ``pyflink`` is Flott in it.

    An exception ends the process as it does under ``python``, with a traceback of the user's own lines.
    """
    from flott._pyflink import install_as_pyflink

    install_as_pyflink()
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # a job that is told to go stops in order; 143 is what a shell makes of SIGTERM
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # where python puts the program's folder, and with -m the current one; under -P neither
    first = os.path.dirname(os.path.realpath(file)) if file is not None else os.getcwd()
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = first
    sys.path[1:1] = import_paths
    sys.argv = [file or str(module), *arguments]
    try:
        if file is not None and not os.path.isdir(file):
            _execute(file)
        else:
            _execute_with_runpy(file, module)
    except BaseException as error:
        _shorten_traceback(error)
        raise


def _execute(file: str) -> None:
    path = os.path.abspath(file)
    main = ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = sys.modules["builtins"]  # type: ignore[attr-defined]
    # what is running now stays alive
    main_of_flott, sys.modules["__main__"] = sys.modules["__main__"], main
    sys.modules["flott.cli.__main__"] = main_of_flott
    with open(path, "rb") as source:
        text = source.read()
    _call(compile(text, path, "exec", dont_inherit=True), main.__dict__)


def _call(code: CodeType, namespace: dict[str, Any]) -> None:
    exec(code, namespace)


def _execute_with_runpy(folder: str | None, module: str | None) -> None:
    """A module, or a folder that has a ``__main__.py``."""
    import runpy

    if folder is not None:
        runpy.run_path(folder, run_name="__main__")
    else:
        runpy.run_module(str(module), run_name="__main__", alter_sys=True)


def _shorten_traceback(error: BaseException) -> None:
    """Has the traceback of an error that ends the process show the lines of the user's program, not those of Flott.

    FLOTT_TRACEBACK=full leaves it as it is.
    """
    if os.environ.get("FLOTT_TRACEBACK") == "full":
        return
    before = sys.excepthook

    def show(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        if value is error:
            traceback = _of_the_user(_without_head(traceback))
            value.__traceback__ = traceback
        before(kind, value, traceback)
        hint = _import_hint(value) if isinstance(value, ImportError) else None
        if hint is not None:
            print(hint, file=sys.stderr)

    sys.excepthook = show


def _without_head(traceback: TracebackType | None) -> TracebackType | None:
    """From the frame behind the last one that belongs to the command and to runpy."""
    start = traceback
    own = (_call.__code__, _execute_with_runpy.__code__)
    while traceback is not None:
        code = traceback.tb_frame.f_code
        traceback = traceback.tb_next
        if code in own:
            start = traceback
            break
    else:
        # the program has not begun: a mistake in its syntax has its place in the message
        return None
    while start is not None and start.tb_frame.f_globals.get("__name__") == "runpy":
        start = start.tb_next
    return start


def _of_the_user(traceback: TracebackType | None) -> TracebackType | None:
    """The lines that are not Flott's own; all of them where no line is the user's."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    shortened = None
    for each in reversed([each for each in frames if not _is_flott(each)] or frames):
        shortened = TracebackType(shortened, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return shortened


def _is_flott(traceback: TracebackType) -> bool:
    name = str(traceback.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] == "flott" or name.startswith("importlib.")


def _import_hint(error: ImportError) -> str | None:
    name = error.name or ""
    if isinstance(error, ModuleNotFoundError) or name.partition(".")[0] != "flott":
        return None
    return (
        f"what to do: {name.replace('flott', 'pyflink', 1)} has no such name in this version of Flott; docs/README.md "
        "says what is there. 'flott run --target flink' runs the program on PyFlink."
    )
