"""Input formats, which are Java classes in Flink."""

from __future__ import annotations

from typing import Any

from flott.common.utils import JavaObjectWrapper, java_only

__all__ = ["InputFormat"]


class InputFormat(JavaObjectWrapper):
    """Wraps a Java class in PyFlink; use a source of ``flott.datastream.connectors``."""

    def __init__(self, j_input_format: Any) -> None:
        """Raises NotImplementedError."""
        raise java_only("an InputFormat", "use a source such as FileSource or KafkaSource with env.from_source(...)")
