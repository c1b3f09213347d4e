"""Settings: expected values were read off PyFlink 1.20.3."""

from __future__ import annotations

import pytest

from flott.common import ConfigOptions, Configuration


def full() -> Configuration:
    configuration = Configuration()
    configuration.set_string("s", "v").set_integer("i", 5).set_boolean("b", True).set_float("f", 1.5)
    return configuration.set_bytearray("by", bytearray(b"ab"))


def test_values_are_converted_when_read_as_another_type() -> None:
    configuration = full()
    assert configuration.get_string("i", "") == "5"
    assert configuration.get_string("f", "") == "1.5"
    assert configuration.get_string("b", "") == "true"
    assert configuration.get_bytearray("by", bytearray()) == bytearray(b"ab")
    assert Configuration().set_string("n", "4").get_integer("n", 1) == 4
    assert Configuration().set_string("n", "TRUE").get_boolean("n", False) is True
    assert Configuration().set_string("n", "1e3").get_float("n", 0.0) == 1000.0


def test_defaults() -> None:
    configuration = Configuration()
    assert configuration.get_string("x", "d") == "d"
    assert configuration.get_integer("x", 7) == 7
    assert configuration.get_boolean("x", True) is True
    assert configuration.get_bytearray("x", bytearray(b"1")) == bytearray(b"1")


@pytest.mark.parametrize("read", ["get_integer", "get_boolean", "get_float"])
def test_what_cannot_be_converted_names_the_setting(read: str) -> None:
    with pytest.raises(ValueError, match="s: expected .*, got 'v'"):
        getattr(full(), read)("s", 1)


@pytest.mark.parametrize(
    ("write", "value"),
    [("set_string", 1), ("set_integer", "1"), ("set_integer", True), ("set_boolean", 1), ("set_float", "1")],
)
def test_values_of_the_wrong_type_are_refused(write: str, value: object) -> None:
    with pytest.raises(TypeError, match="key: expected"):
        getattr(Configuration(), write)("key", value)


def test_as_dict_and_text() -> None:
    assert full().to_dict() == {"s": "v", "i": "5", "b": "true", "f": "1.5", "by": "!!binary |-\n  YWI="}
    target: dict[str, object] = {}
    full().add_all_to_dict(target)
    assert target == {"s": "v", "i": 5, "b": True, "f": 1.5, "by": b"ab"}
    assert str(Configuration().set_string("k", "v").set_boolean("b", True)) == "{k=v, b=true}"


def test_secrets_are_not_shown() -> None:
    configuration = Configuration().set_string("s3.secret-key", "hush").set_string("my.password", "hush")
    assert "hush" not in str(configuration) and "hush" not in repr(configuration)


def test_keys() -> None:
    configuration = full()
    assert configuration.key_set() == {"s", "i", "b", "f", "by"}
    assert configuration.contains_key("s") and configuration.remove_config("s")
    assert not configuration.contains_key("s") and not configuration.remove_config("s")


def test_copies_and_equality() -> None:
    configuration = full()
    other = Configuration(configuration)
    assert other == configuration and hash(other) == hash(configuration)
    other.set_string("s", "w")
    assert other != configuration and configuration.get_string("s", "") == "v"
    assert Configuration().set_integer("a", 1) != Configuration().set_string("a", "1")
    assert Configuration().set_integer("a", 1) != Configuration().set_boolean("a", True)


def test_add_all_with_prefix() -> None:
    merged = Configuration().add_all(Configuration().set_string("k", "v"), "p.")
    assert merged.to_dict() == {"p.k": "v"}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[a, b]", ["a", "b"]),
        ("a;b", ["a", "b"]),
        ("- a\n- b", ["a", "b"]),
        ("['a;b', \"c,d\"]", ["a;b", "c,d"]),
        ("[1, 2]", [1, 2]),
        ("", []),
        (None, []),
    ],
)
def test_parse_list_value(text: str, items: list[object]) -> None:
    assert Configuration.parse_list_value(text) == items


def test_options() -> None:
    option = ConfigOptions.key("parallelism.default").int_type().default_value(1)
    assert repr(option) == "ConfigOption('parallelism.default', int, default=1)"
    with pytest.raises(ValueError, match="name"):
        ConfigOptions.key("")
