"""Functions of texts; positions count from 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.table import _nodes as nodes
from flott.table._tree import Tree

if TYPE_CHECKING:
    from flott.table.expression import Expression


class Texts(Tree):
    """Functions of texts; positions count from 1."""

    __slots__ = ()

    def substring(self, begin_index: Any, length: Any = None) -> Expression:
        """So many characters from a position, from the end if it is negative; all the rest without a length."""
        return self._optional("substring", begin_index, length)

    def substr(self, begin_index: Any, length: Any = None) -> Expression:
        """The same as :meth:`substring`."""
        return self._optional("substr", begin_index, length)

    def trim_leading(self, character: Any = None) -> Expression:
        """Without blanks, or those characters, in front."""
        return self._trim(True, False, character)

    def trim_trailing(self, character: Any = None) -> Expression:
        """Without blanks, or those characters, behind."""
        return self._trim(False, True, character)

    def trim(self, character: Any = None) -> Expression:
        """Without blanks, or those characters, on both sides."""
        return self._trim(True, True, character)

    def _trim(self, leading: bool, trailing: bool, character: Any) -> Expression:
        args = (leading, trailing, " " if character is None else character)
        return self._make(nodes.call("trim", *(nodes.node(arg) for arg in args), self._node))

    def replace(self, search: Any = None, replacement: Any = None) -> Expression:
        """With every occurrence of a text replaced."""
        return self._call("replace", search, replacement)

    @property
    def char_length(self) -> Expression:
        """The number of characters, INT."""
        return self._call("charLength")

    @property
    def upper_case(self) -> Expression:
        """In upper case."""
        return self._call("upper")

    @property
    def lower_case(self) -> Expression:
        """In lower case."""
        return self._call("lower")

    @property
    def init_cap(self) -> Expression:
        """Each word with its first letter in upper case."""
        return self._call("initCap")

    @property
    def ltrim(self) -> Expression:
        """Without blanks in front."""
        return self._call("ltrim")

    @property
    def rtrim(self) -> Expression:
        """Without blanks behind."""
        return self._call("rtrim")

    @property
    def reverse(self) -> Expression:
        """The characters in reverse order."""
        return self._call("reverse")

    @property
    def ascii(self) -> Expression:
        """The first byte, INT."""
        return self._call("ascii")

    @property
    def chr(self) -> Expression:
        """The character of a number."""
        return self._call("chr")

    @property
    def bin(self) -> Expression:
        """An integer in binary digits."""
        return self._call("bin")

    @property
    def hex(self) -> Expression:
        """An integer, or a text's bytes, in hexadecimal digits."""
        return self._call("hex")

    @property
    def from_base64(self) -> Expression:
        """Decoded from base64."""
        return self._call("fromBase64")

    @property
    def to_base64(self) -> Expression:
        """Encoded in base64."""
        return self._call("toBase64")

    def like(self, pattern: Any = None) -> Expression:
        """Whether it matches a LIKE pattern: % is any characters, _ is one."""
        return self._call("like", pattern)

    def similar(self, pattern: Any = None) -> Expression:
        """Whether it matches a SQL regular expression."""
        return self._call("similar", pattern)

    def position(self, haystack: Any = None) -> Expression:
        """Where this text is in another, 0 if nowhere, INT."""
        return self._call("position", haystack)

    def instr(self, s: Any) -> Expression:
        """Where a text is in this one, 0 if nowhere, INT."""
        return self._call("instr", s)

    def locate(self, s: Any, pos: Any = None) -> Expression:
        """Where this text is in another, from a position on, 0 if nowhere, INT."""
        return self._optional("locate", s, pos)

    def lpad(self, length: Any, pad: Any) -> Expression:
        """Filled up on the left, or shortened, to a length."""
        return self._call("lpad", length, pad)

    def rpad(self, length: Any, pad: Any) -> Expression:
        """Filled up on the right, or shortened, to a length."""
        return self._call("rpad", length, pad)

    def overlay(self, new_string: Any, starting: Any, length: Any = None) -> Expression:
        """With a part replaced that starts at a position."""
        return self._optional("overlay", new_string, starting, length)

    def regexp(self, regex: Any) -> Expression:
        """Whether a regular expression is found in it."""
        return self._call("regexp", regex)

    def regexp_replace(self, regex: Any, replacement: Any) -> Expression:
        """With all matches of a regular expression replaced."""
        return self._call("regexpReplace", regex, replacement)

    def regexp_extract(self, regex: Any, extract_index: Any = None) -> Expression:
        """The first match of a regular expression, or one of its groups; NULL if there is none."""
        return self._optional("regexpExtract", regex, extract_index)

    def decode(self, charset: Any) -> Expression:
        """BYTES as text in that character set."""
        return self._call("decode", charset)

    def encode(self, charset: Any) -> Expression:
        """As BYTES in that character set."""
        return self._call("encode", charset)

    def left(self, length: Any) -> Expression:
        """The first characters."""
        return self._call("left", length)

    def right(self, length: Any) -> Expression:
        """The last characters."""
        return self._call("right", length)

    def parse_url(self, part_to_extract: Any, key: Any = None) -> Expression:
        """A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO."""
        return self._optional("parseUrl", part_to_extract, key)

    def repeat(self, n: Any) -> Expression:
        """So many times."""
        return self._call("repeat", n)

    def split_index(self, separator: Any, index: Any) -> Expression:
        """The part at an index, from 0, between separators."""
        return self._call("splitIndex", separator, index)

    def str_to_map(self, list_delimiter: Any = None, key_value_delimiter: Any = None) -> Expression:
        """A map from text such as ``a=1,b=2``."""
        return self._optional("strToMap", list_delimiter, key_value_delimiter)

    def split(self, delimiter: Any) -> Expression:
        """The parts between delimiters."""
        return self._call("SPLIT", delimiter)
