"""Names that load their module on first use, so that importing a package costs next to nothing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_exports(package: str, namespace: dict[str, Any], exports: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose public names live in its modules.

    :param package: the package's ``__name__``
    :param namespace: its ``globals()``, where a name is kept once it was loaded
    :param exports: public name to module below the package
    """

    def load(name: str) -> Any:
        module = exports.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module}"), name)
        namespace[name] = value
        return value

    return load


def lazy_names(module: ModuleType, exports: Mapping[str, str]) -> None:
    """Gives a module the names of others, which are loaded on first use.

    Unlike those of :func:`lazy_exports` they are attributes of the module, for tools that look without running it.

    :param exports: name to the module that has it, by its full name
    """
    names = {name: _Export(name, source) for name, source in exports.items()}
    module.__class__ = type("module", (type(module),), names)


class _Export:
    """A name of a module; not a data descriptor, so that the value that was loaded goes before it."""

    def __init__(self, name: str, source: str) -> None:
        self._name = name
        self._source = source

    def __get__(self, module: ModuleType | None, owner: type) -> Any:
        if module is None:
            return self
        value = getattr(import_module(self._source), self._name)
        module.__dict__[self._name] = value
        return value
