"""Statements as they are handed on: canonical N-Triples lines, and what was wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from catalog.safety import is_valid_iri, is_valid_language

BATCH = 4096
"""Statements handed on at once."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Some statements in the order of the document; ``lines`` holds their line numbers, where the syntax has any."""

    text: list[str]
    lines: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a document that cannot be taken: why, where, and which subject (an N-Triples term) it is about.

    ``value`` is what was found there, or the parser's own words; ``path`` the property concerned. ``lost`` says that
    more than this one statement may be missing from the description of ``subject``.
    """

    code: str
    value: str = ""
    path: str = ""
    line: int | None = None
    subject: str | None = None
    lost: bool = False


def to_lines(triples: list[Triple]) -> list[str]:
    """Return canonical N-Triples, one line for each triple in the same order, without line ends."""
    data = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert data is not None
    return data.decode().split("\n")[:-1]


def without_triple_terms(batch: list[Triple]) -> Iterator[Statements | Problem]:
    """Hand on the statements without triple terms (RDF 1.2), which no record may hold, and say which were left out."""
    text = to_lines(batch)
    if any("<<(" in line for line in text):
        terms = [line for line in text if line.split(" ", 2)[2].startswith("<<(")]
        yield from (Problem("triple-term", subject=line.split(" ", 1)[0]) for line in terms)
        text = [line for line in text if line not in set(terms)]
    if text:
        yield Statements(text)


def checked(quads: Iterable[Quad]) -> Iterator[Statements | Problem]:
    """Hand on what a lenient parser read, after checking each IRI and language tag.

    Lenient, because the strict parser loses its place (RDF/XML) or keeps silent (JSON-LD) at such a fault.
    """
    iterator = iter(quads)
    while batch := list(islice(iterator, BATCH)):
        kept = []
        for quad in batch:
            fault = _fault(quad)
            if fault is None:
                kept.append(quad.triple)
            elif fault.code:
                yield fault
        if kept:
            yield from without_triple_terms(kept)


_IGNORED = Problem("")


def _fault(quad: Quad) -> Problem | None:
    subject, prop, value = quad.subject, quad.predicate.value, quad.object
    if ":" not in prop:
        return _IGNORED  # a JSON-LD term without a definition says nothing
    if isinstance(subject, NamedNode) and not is_valid_iri(subject.value):
        return _bad_iri(subject.value, None, prop)
    about = str(subject)
    if not is_valid_iri(prop):
        return _bad_iri(prop, about, prop)
    if isinstance(value, NamedNode) and not is_valid_iri(value.value):
        return _bad_iri(value.value, about, prop)
    if isinstance(value, Literal):
        if not is_valid_iri(value.datatype.value):
            return _bad_iri(value.datatype.value, about, prop)
        if value.language and not is_valid_language(value.language):
            return Problem("language-tag-invalid", value.language, prop, subject=about)
    return None


def _bad_iri(iri: str, subject: str | None, prop: str) -> Problem:
    code = "iri-invalid" if ":" in iri else "iri-relative"
    return Problem(code, iri[:200], prop, subject=subject)
