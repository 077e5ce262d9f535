"""From bytes to statements: which syntax a document is in, unpacking it, and the reader that suits it.

Runs in a worker process: what strangers send can crash or fill the process that parses it (``workers``). What is
cheap to refuse beforehand is refused with a place and a reason. Literals keep the lexical forms submitted; names of
graphs are dropped, since a record's graph is the catalogue's own.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from typing import IO, Any, cast

from pyoxigraph import RdfFormat

from catalog.errors import LimitExceededError, SyntaxInvalidError
from catalog.safety import MAX_EXPANDED_BYTES, MAX_EXPANSION, MAX_PROBLEMS
from catalog.syntaxes.jsonld import read_jsonld
from catalog.syntaxes.ntriples import read_lines
from catalog.syntaxes.rdfxml import read_rdfxml
from catalog.syntaxes.statements import Problem, Statements
from catalog.syntaxes.turtle import read_turtle

ENDINGS: dict[str, RdfFormat] = {
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "ttl": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "jsonld": RdfFormat.JSON_LD,
    "json": RdfFormat.JSON_LD,
    "rdf": RdfFormat.RDF_XML,
    "owl": RdfFormat.RDF_XML,
    "xml": RdfFormat.RDF_XML,
}
"""File ending to syntax; a ``.gz`` after it is looked through."""

MEDIA_TYPES: dict[str, RdfFormat] = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "text/turtle": RdfFormat.TURTLE,
    "application/x-turtle": RdfFormat.TURTLE,
    "application/trig": RdfFormat.TRIG,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/xml": RdfFormat.RDF_XML,
    "text/xml": RdfFormat.RDF_XML,
}
"""Media type to syntax; any other, such as ``text/plain``, says nothing and the first bytes decide."""

_BLOCK_BYTES = 1 << 18
_STATEMENT = re.compile(rb'\s*(?:<[^>\s]*>|_:\S+)\s*<[^>\s]*>\s*(?:<[^>\s]*>|_:\S+|".*?)\s*(?:<[^>\s]*>)?\s*\.\s*')
_TURTLE_SIGNS = re.compile(rb"(?im)@prefix|@base|^\s*(?:prefix|base)\s|\ba\s+[\w-]*:|<[^<>\s]*>\s+(?:a\s|<|\w*:)")


def find_syntax(name: str, media_type: str | None, head: bytes) -> RdfFormat | None:
    """Return the syntax of a document by its media type, else its name's ending, else its first bytes."""
    known = MEDIA_TYPES.get((media_type or "").partition(";")[0].strip().lower())
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    return known or ENDINGS.get(ending) or _sniff(head)


def _sniff(head: bytes) -> RdfFormat | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{" or re.match(rb"\[\s*[{\[\"\d\]-]", text):
        return RdfFormat.TURTLE if re.match(rb"\[\s*\]\s*[^\s,]", text) else RdfFormat.JSON_LD
    if re.match(rb"<\?xml|<!DOCTYPE|<!--|<(\w+:)?RDF\b", text) or text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return RdfFormat.RDF_XML
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(b"#")), b"")
    if _STATEMENT.fullmatch(first):
        return RdfFormat.N_QUADS
    return RdfFormat.TRIG if _TURTLE_SIGNS.search(text) else None


def open_plain(source: IO[bytes]) -> BufferedReader[Any]:
    """Return ``source`` ready to read, unpacked if it is gzip.

    Reading raises ``LimitExceededError`` where it unpacks out of all proportion, ``SyntaxInvalidError`` where the
    archive is damaged.
    """
    stream = BufferedReader(_Stream(source), _BLOCK_BYTES)
    return BufferedReader(_Unpacked(stream), _BLOCK_BYTES) if stream.peek(2)[:2] == b"\x1f\x8b" else stream


class _Stream(RawIOBase):
    """Anything with ``read`` as a raw stream that counts what went through."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        self.size += len(data)
        return len(data)


class _Unpacked(_Stream):
    """A gzip stream that ends once it grows out of all proportion (a bomb)."""

    def __init__(self, packed: BufferedReader[Any]) -> None:
        self._packed = _Stream(packed)
        super().__init__(cast(IO[bytes], gzip.GzipFile(fileobj=BufferedReader(self._packed, _BLOCK_BYTES))))

    def readinto(self, buffer: Any) -> int:
        try:
            size = super().readinto(buffer)
        except (EOFError, OSError, zlib.error) as error:
            raise SyntaxInvalidError("gzip-invalid", value=str(error)) from error
        allowed = min(MAX_EXPANDED_BYTES, max(64 << 20, self._packed.size * MAX_EXPANSION))
        if self.size > allowed:
            raise LimitExceededError("gzip-too-large", limit="expanded", value=allowed)
        return size


def iter_statements(stream: BufferedReader[Any], syntax: RdfFormat, base: str | None) -> Iterator[Statements | Problem]:
    """Iterate over the statements of a document and over what is wrong with it.

    Relative IRIs are resolved against ``base``. Raises ``SyntaxInvalidError`` where nothing of the document can be
    trusted (RDF/XML and JSON-LD that are not well-formed, another encoding than UTF-8, too many errors),
    ``InputError`` and ``LimitExceededError`` for what is refused (remote contexts, entities, nesting).
    """
    _check_encoding(stream, syntax)
    problems = 0
    for item in _read(stream, syntax, base):
        problems += isinstance(item, Problem)
        if problems > MAX_PROBLEMS:
            raise SyntaxInvalidError("too-many-errors", value=MAX_PROBLEMS)
        yield item


def _read(stream: BufferedReader[Any], syntax: RdfFormat, base: str | None) -> Iterator[Statements | Problem]:
    if syntax in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS):
        return read_lines(stream, syntax)
    if syntax in (RdfFormat.TURTLE, RdfFormat.TRIG):
        return read_turtle(stream, syntax, base)
    return read_rdfxml(stream, base) if syntax == RdfFormat.RDF_XML else read_jsonld(stream, base)


def _check_encoding(stream: BufferedReader[Any], syntax: RdfFormat) -> None:
    """Take a byte-order mark away. Raises for UTF-16 but in XML, where the document may declare it."""
    head = stream.peek(4)[:4]
    if head.startswith(b"\xef\xbb\xbf"):
        stream.read(3)
    elif syntax != RdfFormat.RDF_XML and (head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in head):
        raise SyntaxInvalidError("encoding-not-utf8", where="line 1", value="UTF-16")
