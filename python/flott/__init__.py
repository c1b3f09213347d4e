"""Flott: runs PyFlink programs without a JVM.

The package mirrors ``pyflink`` module for module: ``from pyflink.datastream import …`` becomes
``from flott.datastream import …``. ``flott run job.py`` and :func:`install_as_pyflink` do without the change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott._flott import __version__
    from flott._pyflink import install_as_pyflink

__all__ = ["__version__", "install_as_pyflink"]


def __getattr__(name: str) -> Any:
    # the version is that of the native module, which is not loaded before somebody asks
    if name == "__version__":
        from flott._flott import __version__

        return __version__
    if name == "install_as_pyflink":
        from flott._pyflink import install_as_pyflink

        return install_as_pyflink
    raise AttributeError(f"module 'flott' has no attribute {name!r}")
