"""RDF/XML: as a stream, with expat looking at each block first, for places, nesting and entities.

Elements nest, so what is not well-formed is refused whole: no description in it is known to be complete.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any
from xml.parsers import expat

from pyoxigraph import RdfFormat, parse

from catalog.errors import InputError, LimitExceededError, SyntaxInvalidError
from catalog.safety import MAX_DEPTH, MAX_ENTITY_CHARS, MAX_TAG_BYTES
from catalog.syntaxes.blocks import BLOCK_BYTES, as_file
from catalog.syntaxes.statements import Problem, Statements, checked

_DECLARED = re.compile(rb"""<\?xml\b[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECLARATION = re.compile(r"^\ufeff?<\?xml\b[^>]*\?>")
_ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "ascii", "latin1", "latin2", "latin9", "cp1250", "cp1251", "cp1252"),
        *("utf-16", "gb2312", "gbk", "gb18030", "big5"),
    )
)


def read_rdfxml(stream: BufferedReader[Any], base: str | None) -> Iterator[Statements | Problem]:
    """Read RDF/XML in any of the usual encodings.

    Raises ``SyntaxInvalidError`` where it is not well-formed or not RDF/XML, ``InputError`` for entities beyond
    plain abbreviations, ``LimitExceededError`` for nesting.
    """
    guard = _Guard(stream)
    try:
        yield from checked(parse(as_file(guard.next_block), RdfFormat.RDF_XML, base_iri=base, lenient=True))
    except SyntaxError as error:
        raise SyntaxInvalidError("syntax-error", where=f"line {guard.line}", value=str(error)) from error


class _Guard:
    """Passes XML on to the parser, in UTF-8 and without its declaration."""

    def __init__(self, stream: BufferedReader[Any]) -> None:
        self._stream = stream
        self._depth = 0
        self._given = 0
        self._decoder: codecs.IncrementalDecoder | None = None
        self._expat = expat.ParserCreate("utf-8")
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.EntityDeclHandler = self._entity

    @property
    def line(self) -> int:
        """The line that was looked at last."""
        return self._expat.CurrentLineNumber

    def next_block(self) -> bytes:
        """Return the next part of the document, looked at."""
        data = self._decoded()
        try:
            self._expat.Parse(data, not data)
        except expat.ExpatError as error:
            where = f"line {error.lineno}, column {error.offset + 1}"
            raise SyntaxInvalidError("syntax-error", where=where, value=expat.ErrorString(error.code)) from error
        self._given += len(data)
        if self._given - self._expat.CurrentByteIndex > MAX_TAG_BYTES:  # it waits for the end of one
            raise LimitExceededError("token-too-long", where=f"line {self.line}", limit="token", value=MAX_TAG_BYTES)
        return data

    def _decoded(self) -> bytes:
        data = self._stream.read(BLOCK_BYTES)
        try:
            if self._decoder is None:
                self._decoder = codecs.getincrementaldecoder(_encoding(data))()
                return _DECLARATION.sub("", self._decoder.decode(data, final=False)).encode()
            return self._decoder.decode(data, final=not data).encode()
        except UnicodeDecodeError as error:
            raise SyntaxInvalidError("encoding-not-utf8", where=f"line {self.line}", value="") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitExceededError("nesting-too-deep", where=f"line {self.line}", limit="depth", value=MAX_DEPTH)

    def _end(self, name: str) -> None:
        self._depth -= 1

    def _entity(self, name: str, parameter: bool, value: str | None, *places: str | None) -> None:
        if parameter or value is None or "&" in value or "%" in value or len(value) > MAX_ENTITY_CHARS:
            raise InputError("entity-refused", where=f"line {self.line}", value=name)


def _encoding(head: bytes) -> str:
    """Return the encoding by byte-order mark or XML declaration (XML 1.0 appendix F), UTF-8 where neither says."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    declared = _DECLARED.match(head)
    try:
        name = codecs.lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        name = ""
    if name not in _ENCODINGS:
        raise SyntaxInvalidError("encoding-not-utf8", where="line 1", value=declared[1].decode() if declared else "")
    return name
