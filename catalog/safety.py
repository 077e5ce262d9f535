"""What is refused from everybody: IRIs that run scripts, and input beyond measure."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_LINE_BYTES = 16 << 20
"""Longest line of N-Triples and N-Quads; the parser's own bound for one token of the other syntaxes."""

MAX_TAG_BYTES = 1 << 20
"""Longest tag, comment or declaration of XML; text between tags is not meant."""

MAX_JSON_BYTES = 256 << 20
"""Largest JSON document; JSON is read whole."""

MAX_EXPANDED_BYTES = 32 << 30
MAX_EXPANSION = 200
"""How far a gzip file may unpack, absolutely and (beyond 64 MiB) by factor. RDF shrinks 10 to 60 times."""

MAX_DEPTH = 100
"""Deepest nesting of JSON and XML elements; catalogues nest about ten deep."""

MAX_ENTITY_CHARS = 1024
"""Longest entity that a DTD may declare; those of RDF/XML stand for namespaces."""

MAX_PROBLEMS = 1000
"""Errors after which a document is given up."""

MAX_STATEMENTS = 200_000
"""Statements of one record, a catalogue's list of members included."""

MAX_NESTED_STATEMENTS = 20_000
"""Statements about what is nested in one record: shared descriptions are copied into each record that uses them."""

MAX_HOPS = 5
"""How many IRIs deep a description reaches: dataset, distribution, offer, licence, party."""

_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff]*')
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_SCRIPT = re.compile(r"(?:javascript|vbscript|data|livescript):", re.IGNORECASE)
_MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_MAYBE_MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*[\s/>]")  # no IRI, where a colon follows
_MAYBE_SCRIPT = re.compile(r'[<"]\s*(?:javascript|vbscript|data|livescript):', re.IGNORECASE)
_SCRIPT_ENDS = ("t:", "T:", "a:", "A:")  # found in no time, and rare
_ANY_URI = '"^^<http://www.w3.org/2001/XMLSchema#anyURI>'


def is_valid_iri(iri: str) -> bool:
    """Say whether ``iri`` is absolute and without the characters that RFC 3987 never allows."""
    return _IRI.fullmatch(iri) is not None


def is_valid_language(tag: str) -> bool:
    """Say whether ``tag`` has the form of a language tag (BCP 47)."""
    return _LANGUAGE.fullmatch(tag) is not None


def iter_markup(content: str) -> Iterator[str]:
    """Iterate over the lines of N-Triples whose literal holds something like an HTML tag.

    It is kept as text, and pages show it as text.
    """
    if _MAYBE_MARKUP.search(content):
        for line in content.split("\n"):
            value = line.split(" ", 2)[-1]
            if value.startswith('"') and _MARKUP.search(value, 0, value.rfind('"')):
                yield line


def iter_unsafe_iris(content: str) -> Iterator[tuple[str, str]]:
    """Iterate over (property, IRI) where an IRI or ``xsd:anyURI`` of N-Triples would run as a script."""
    if not any(end in content for end in _SCRIPT_ENDS) or not _MAYBE_SCRIPT.search(content):
        return
    for line in content.rstrip("\n").split("\n"):
        subject, prop, value = line[:-2].split(" ", 2)
        for term in (subject, prop, value):
            text = term[1:-1] if term.startswith("<") else _uri_text(term)
            if _SCRIPT.match(text.strip()):
                yield prop[1:-1], text


def _uri_text(term: str) -> str:
    return term[1 : -len(_ANY_URI)] if term.endswith(_ANY_URI) else ""
