"""What stands in for PyFlink's wrappers of Java objects."""

from __future__ import annotations

from typing import Any

__all__ = ["JavaObjectWrapper", "java_only"]


def java_only(what: str, instead: str) -> NotImplementedError:
    """The error for a part of PyFlink's API that only makes sense with a Java virtual machine.

    :param what: what was asked for
    :param instead: what to do, as the end of a sentence
    """
    return NotImplementedError(f"{what} needs a Java virtual machine, which Flott does not have: {instead}")


class JavaObjectWrapper:
    """The base of classes that wrap a Java object in PyFlink. Here they hold plain data."""

    def get_java_object(self) -> Any:
        """Raises NotImplementedError: there is no Java object."""
        raise java_only(f"{type(self).__name__}.get_java_object()", "pass the Python object itself")
