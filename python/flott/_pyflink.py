"""``import pyflink`` finds Flott: an import hook, for programs that stay as they are."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PYFLINK_VERSION", "install_as_pyflink"]

#: The version of PyFlink whose modules, names and behaviour Flott has.
PYFLINK_VERSION = "1.20.3"

#: What is said of modules that PyFlink has and Flott has not, the longest name that fits first.
_MISSING = {
    "datastream.connectors": "Flott connects to Kafka, databases (JDBC) and files, and generates numbers; "
    "docs/README.md lists the connectors",
    "datastream.formats": "Flott reads and writes JSON, CSV, text and bytes; see docs/formats.md",
    "find_flink_home": "Flott has no JVM and no Flink home: take the import out",
    "fn_execution": "these are PyFlink's workers, which Flott does without: import from pyflink.datastream instead",
    "java_gateway": "Flott has no JVM: take the import out, or run the program with 'flott run --target flink'",
    "pyflink_gateway_server": "Flott has no JVM: take the import out",
    "table": "the Table API and SQL are not in this version of Flott yet; 'flott run --target flink' runs the program "
    "on PyFlink",
    "testing": "these are the helpers of PyFlink's own tests, which need a JVM",
    "util": "these are PyFlink's helpers for its JVM, which Flott does without",
}


def install_as_pyflink() -> None:
    """From now on ``import pyflink`` gives Flott, in this process.

    For notebooks, and for a program's first lines; ``flott run job.py`` does the same without a change to the file::

        import flott

        flott.install_as_pyflink()
        from pyflink.datastream import StreamExecutionEnvironment

    ``pyflink.datastream.DataStream`` is ``flott.datastream.DataStream`` then, and so on for each module.
    ``pyflink.__version__`` is the version of PyFlink that Flott mirrors. An installed PyFlink is not touched, but this
    process can't import it any more.

    :raises RuntimeError: if PyFlink itself has been imported already
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if "pyflink" in sys.modules:
        where = getattr(sys.modules["pyflink"], "__file__", None) or "an unknown place"
        raise RuntimeError(
            f"pyflink has been imported already, from {where}: call flott.install_as_pyflink() before the first "
            "import of pyflink (in a notebook, restart the kernel first)"
        )
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds ``flott.x`` for ``pyflink.x``; it is its own loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top, _, name = fullname.partition(".")
        if top != "pyflink":
            return None
        if name in ("", "version"):
            return ModuleSpec(fullname, _Front(), origin="flott", is_package=not name)  # type: ignore[arg-type]
        found = find_spec(f"flott.{name}")
        # what begins with an underscore is Flott's own
        if found is None or name.startswith("_"):
            raise ModuleNotFoundError(f"No module named '{fullname}' in Flott: {_hint(name)}", name=fullname)
        package = found.submodule_search_locations is not None
        return ModuleSpec(fullname, self, origin=found.origin, is_package=package)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module("flott" + spec.name.removeprefix("pyflink"))
        # the import system is about to write the alias's into the module
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module has run already: it gets back what it was."""
        alias = module.__spec__
        if alias is not None and alias.loader_state is not None:
            module.__spec__ = alias.loader_state


class _Front:
    """Makes ``pyflink`` and ``pyflink.version`` themselves, which say PyFlink's version and not Flott's."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = "Flott, under PyFlink's name; see flott.install_as_pyflink()."
        module.__version__ = PYFLINK_VERSION  # type: ignore[attr-defined]


def _hint(name: str) -> str:
    for known, hint in _MISSING.items():
        if f"{name}.".startswith(f"{known}."):
            return hint
    return "PyFlink 1.20 has no such module either, or it is not in this version of Flott; docs/README.md says what is"
