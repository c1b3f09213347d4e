"""A configuration: what is put in comes out, also as other types."""

from copy import deepcopy

from pyflink.common import Configuration

config = Configuration()
print(config.to_dict(), config.get_string("absent", "default"), config.get_integer("absent", -1))
config.set_string("text", "value").set_integer("number", 42).set_boolean("flag", True).set_float("ratio", 0.5)
config.set_bytearray("bytes", bytearray([1, 2]))
print(config.get_string("text", ""), config.get_integer("number", 0), config.get_boolean("flag", False))
print(config.get_float("ratio", 0.0), config.get_bytearray("bytes", bytearray()), config.get_boolean("absent", True))
print(config.get_string("number", ""), config.get_string("flag", ""), config.get_string("ratio", ""))
config.set_string("digits", "17").set_string("yes", "TRUE")
print(config.get_integer("digits", 0), config.get_boolean("yes", False), config.get_float("digits", 0.0))
print(sorted(config.key_set()), config.contains_key("text"), config.contains_key("absent"))
print(config.remove_config("text"), config.remove_config("text"), config.contains_key("text"))

other = Configuration()
other.set_string("a", "1")
config.add_all(other)
config.add_all(other, "prefix.")
print(config.get_string("a", ""), config.get_string("prefix.a", ""))
copy = Configuration(other)
copy.set_string("b", "2")
print(other.contains_key("b"), copy.contains_key("a"), copy == other, deepcopy(other) == other)
print(copy.to_dict(), str(other), hash(other) == hash(Configuration(other)))
target = {"kept": "yes"}
other.add_all_to_dict(target)
print(target)
for wrong in (lambda: config.get_integer("yes", 0), lambda: config.get_boolean("digits", False)):
    try:
        print(wrong())
    except Exception:
        print("refused")
