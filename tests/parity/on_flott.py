"""Runs a PyFlink program on Flott: ``python on_flott.py program.py``.

The program's imports of ``pyflink`` and its modules find Flott's modules of the same names.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import runpy
import sys
from collections.abc import Sequence
from types import ModuleType


class PyFlinkIsFlott(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives ``flott.x`` to whoever imports ``pyflink.x``."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != "pyflink":
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return importlib.import_module("flott" + spec.name.removeprefix("pyflink"))

    def exec_module(self, module: ModuleType) -> None:
        """The module has run already."""


if __name__ == "__main__":
    sys.meta_path.insert(0, PyFlinkIsFlott())
    runpy.run_path(sys.argv[1], run_name="__main__")
