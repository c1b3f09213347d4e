"""Names of side outputs.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/side_output/
"""

from __future__ import annotations

from typing import Any

from flott.common import _checks as checks
from flott.common.typeinfo import RowTypeInfo, TypeInformation, Types
from flott.common.utils import java_only

__all__ = ["OutputTag"]


class OutputTag:
    """Names a side output and the type of its records::

    rejected = OutputTag("rejected", Types.STRING())

    class Check(ProcessFunction):
        def process_element(self, value, ctx):
            if value.startswith("{"):
                yield value
            else:
                yield rejected, value

    checked = orders.process(Check())
    checked.get_side_output(rejected).print()
    """

    __slots__ = ("tag_id", "type_info")

    def __init__(self, tag_id: str, type_info: TypeInformation | list[TypeInformation] | None = None) -> None:
        """:param type_info: any Python objects unless given; a list stands for a row of those types

        :raises ValueError: if the name is empty
        :raises TypeError: if the type is not type information
        """
        if not tag_id:
            raise ValueError("OutputTag tag_id cannot be None or empty string")
        self.tag_id = checks.text(tag_id, "the tag_id of an OutputTag")
        if type_info is None:
            self.type_info: TypeInformation = Types.PICKLED_BYTE_ARRAY()
        elif isinstance(type_info, list):
            self.type_info = RowTypeInfo(type_info)
        else:
            self.type_info = checks.type_information(type_info, f"the type of OutputTag({tag_id!r})")

    def get_java_output_tag(self) -> Any:
        """Raises NotImplementedError: there is no Java object behind a tag."""
        raise java_only("OutputTag.get_java_output_tag()", "pass the tag itself")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OutputTag) and self.tag_id == other.tag_id

    def __hash__(self) -> int:
        return hash(self.tag_id)

    def __repr__(self) -> str:
        return f"OutputTag({self.tag_id!r}, {self.type_info!r})"
