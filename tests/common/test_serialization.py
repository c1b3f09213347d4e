"""Schemas, encoders, and what needs Java."""

from __future__ import annotations

from typing import Any

import pytest

from flott.common import DeserializationSchema, Encoder, SerializationSchema, SimpleStringSchema, Types
from flott.common.io import InputFormat
from flott.common.serializer import TypeSerializer, VoidNamespaceSerializer


def test_simple_string_schema() -> None:
    assert SimpleStringSchema()._deserialization_spec() == ("string", {"charset": "UTF-8"}, Types.STRING())
    assert SimpleStringSchema("GBK")._serialization_spec()[1] == {"charset": "GBK"}
    assert Encoder.simple_string_encoder()._spec() == ("string", {"charset": "UTF-8"})
    with pytest.raises(LookupError, match="klingon"):
        SimpleStringSchema("klingon")


def test_schemas_in_python_say_what_to_use() -> None:
    class Mine(SerializationSchema, DeserializationSchema):
        def serialize(self, value: Any) -> bytes:
            return b""

    for call in (Mine()._serialization_spec, Mine()._deserialization_spec):
        with pytest.raises(NotImplementedError, match=r"Mine .*SimpleStringSchema"):
            call()


@pytest.mark.parametrize("make", [SerializationSchema, DeserializationSchema, InputFormat])
def test_java_objects_are_refused(make: Any) -> None:
    with pytest.raises(NotImplementedError, match="Java virtual machine"):
        make("a.b.C")


def test_serializers_compare_by_class_and_fields() -> None:
    assert VoidNamespaceSerializer() == VoidNamespaceSerializer()
    assert issubclass(VoidNamespaceSerializer, TypeSerializer)
