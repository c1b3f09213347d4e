"""Flott: runs PyFlink programs without a JVM.

The package mirrors ``pyflink`` module for module: ``from pyflink.datastream import …`` becomes
``from flott.datastream import …``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott._flott import __version__

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    # the version is that of the native module, which is not loaded before somebody asks
    if name == "__version__":
        from flott._flott import __version__

        return __version__
    raise AttributeError(f"module 'flott' has no attribute {name!r}")
