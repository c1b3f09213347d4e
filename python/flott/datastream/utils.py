"""Helpers that PyFlink keeps in this place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flott._reexports import reexport
from flott.common.utils import java_only

if TYPE_CHECKING:
    from flott.common.configuration import Configuration
    from flott.common.typeinfo import TypeInformation

__all__ = [
    "ResultTypeQueryable",
    "convert_to_python_obj",
    "create_hadoop_configuration",
    "create_java_properties",
    "pickled_bytes_to_python_obj",
]

reexport(__name__)


class ResultTypeQueryable(ABC):
    """Something that knows the type of what it produces."""

    @abstractmethod
    def get_produced_type(self) -> TypeInformation:
        """The type of what it produces."""


def create_hadoop_configuration(config: Configuration) -> Any:
    """Raises NotImplementedError: Hadoop is Java."""
    raise java_only("create_hadoop_configuration(...)", "use files by path")


def create_java_properties(config: Configuration) -> Any:
    """Raises NotImplementedError: there are no Java objects."""
    raise java_only("create_java_properties(...)", "use config.to_dict()")


def convert_to_python_obj(data: Any, type_info: TypeInformation) -> Any:
    """The value of ``data``, which is a Python object already, in the type ``type_info``.

    :raises TypeError: if it is not of that type
    """
    return type_info._convert(data)


def pickled_bytes_to_python_obj(data: bytes, type_info: TypeInformation) -> Any:
    """The value that was pickled in ``data``. Only for data of one's own: unpickling runs what it is told to.

    :raises TypeError: if it is not of that type
    """
    from pickle import loads

    return type_info._convert(loads(data))
